import { OwnkeyError } from '../../contract/index.ts'
import { getKeyInSlot, type ProviderKeyRow } from '../../store/index.ts'
import type { ControlDeps } from '../deps.ts'
import type { SlotContext } from './resolve-slot.ts'
import { slotOf } from './save-key.ts'

/** @throws OwnkeyError `key_unknown` */
export async function requireKey(
  slot: SlotContext,
  { database }: Pick<ControlDeps, 'database'>,
): Promise<ProviderKeyRow> {
  const row = await getKeyInSlot(database, slotOf(slot))
  if (row) return row
  throw new OwnkeyError('key_unknown', {
    detail: `No ${slot.provider.name} key is saved for the environment "${slot.environment}".`,
    fix: `Save one first, in the AI settings or with PUT /keys/${slot.provider.publicId}.`,
    facts: { provider: slot.provider.name, environment: slot.environment },
  })
}

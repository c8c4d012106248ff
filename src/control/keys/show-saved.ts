import type { MaskedKey } from '../../contract/index.ts'
import type { ProviderKeyRow } from '../../store/index.ts'
import type { ControlDeps } from '../deps.ts'
import { listRestorable } from '../queries/restorable.ts'
import { showKey } from '../show-key.ts'
import type { SlotContext } from './resolve-slot.ts'

/** The key of a slot after a change, as anyone may see it. */
export async function showSaved(
  row: ProviderKeyRow,
  { org, plan, inForce }: SlotContext,
  deps: ControlDeps,
): Promise<MaskedKey> {
  const now = deps.clock.now()
  const restorable = (await listRestorable(deps.database, { org, now })).get(row.id)
  return showKey(row, { policy: inForce.policy, plan, now, restorable })
}

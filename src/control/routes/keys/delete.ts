import type { z } from 'zod'
import { keySlotQuerySchema } from '../../../contract/index.ts'
import { listKeys, type Queryable, resolveNoticesOfKeys } from '../../../store/index.ts'
import { type RemoveKeyInput, removeKey } from '../../../vault/index.ts'
import { actorOf } from '../../actor.ts'
import type { ControlDeps } from '../../deps.ts'
import type { Caller } from '../../http/caller.ts'
import { defineRoute } from '../../http/route.ts'
import { inside } from '../../keys/inside.ts'
import { requireKey } from '../../keys/require-key.ts'
import { resolveSlot, type SlotContext } from '../../keys/resolve-slot.ts'
import { vaultDeps } from '../../keys/vault-deps.ts'
import { getActiveProvider, setActiveProvider } from '../../queries/orgs.ts'
import { platformServes } from '../../settings/active-provider.ts'
import { keyParams, keysPath } from './path.ts'

export const deleteKeyRoute = defineRoute({
  name: 'keys.delete',
  method: 'DELETE',
  path: keysPath,
  tag: 'Keys',
  summary: 'Remove a key. Its ciphertext is gone, and the platform serves where the plan lets it.',
  params: keyParams,
  query: keySlotQuerySchema,
  async handle(call, deps) {
    await remove(call, deps, 'key.clear')
    return undefined
  },
})

export const revokeKeyRoute = defineRoute({
  name: 'keys.revoke',
  method: 'POST',
  path: `${keysPath}/revoke`,
  tag: 'Keys',
  summary:
    'Remove a key that must not be used any more: every version’s ciphertext is gone, and the audit log says revoked.',
  params: keyParams,
  query: keySlotQuerySchema,
  async handle(call, deps) {
    await remove(call, deps, 'key.revoke')
    return undefined
  },
})

interface RemoveCall {
  params: z.output<typeof keyParams>
  query: z.output<typeof keySlotQuerySchema>
  caller: Caller
  ip: string
}

async function remove(call: RemoveCall, deps: ControlDeps, action: RemoveKeyInput['action']): Promise<void> {
  const slot = await resolveSlot(call, deps, 'remove')
  const { id } = await requireKey(slot, deps)
  await deps.database.transaction(async (tx) => {
    // Otherwise another saved key would become active by itself, while the page promises the platform's AI.
    if (slot.plan.choice === 'single' && (await isLastOfActive(tx, slot)))
      await setActiveProvider(tx, slot, platformServes)
    await resolveNoticesOfKeys(tx, [id])
    await removeKey(vaultDeps(deps, inside(tx, deps.database)), { org: slot.org, keyId: id, action, by: actorOf(call) })
  })
  deps.tenants.forget(slot.org)
}

/** Whether this is the last key of the active provider, in any environment. */
async function isLastOfActive(tx: Queryable, slot: SlotContext): Promise<boolean> {
  const { org, holder, user, environment, provider } = slot
  const active = await getActiveProvider(tx, slot)
  if (active !== undefined && active !== provider.id) return false
  return !(await listKeys(tx, org)).some(
    (key) =>
      key.provider === provider.id && key.holder === holder && key.user_id === user && key.environment !== environment,
  )
}

import { keySlotQuerySchema } from '../../../contract/index.ts'
import { removeKey } from '../../../vault/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { inside } from '../../keys/inside.ts'
import { requireKey } from '../../keys/require-key.ts'
import { resolveSlot } from '../../keys/resolve-slot.ts'
import { vaultDeps } from '../../keys/vault-deps.ts'
import { resolveNoticesOf } from '../../queries/notices.ts'
import { setActiveProvider } from '../../queries/orgs.ts'
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
    const slot = await resolveSlot(call, deps, 'remove')
    const { id } = await requireKey(slot, deps)
    await deps.database.transaction(async (tx) => {
      // Without this another saved key would step in by itself, where the page promises the platform's AI.
      if (slot.plan.choice === 'single' && (slot.row.active_provider ?? slot.provider.id) === slot.provider.id) {
        await setActiveProvider(tx, slot.org, platformServes)
      }
      await resolveNoticesOf(tx, { org: slot.org, keyId: id, now: new Date(deps.clock.now()) })
      await removeKey(vaultDeps(deps, inside(tx, deps.database)), { org: slot.org, keyId: id, by: actorOf(call) })
    })
    deps.tenants.forget(slot.org)
    return undefined
  },
})

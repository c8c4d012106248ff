import { keySlotQuerySchema, maskedKeySchema } from '../../../contract/index.ts'
import { resolveNoticesOfKeys } from '../../../store/index.ts'
import { restoreKey } from '../../../vault/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { hostOf, requireAllowedRegion } from '../../keys/host-for.ts'
import { inside } from '../../keys/inside.ts'
import { requireKey } from '../../keys/require-key.ts'
import { resolveSlot } from '../../keys/resolve-slot.ts'
import { showSaved } from '../../keys/show-saved.ts'
import { vaultDeps } from '../../keys/vault-deps.ts'
import { keyParams, keysPath } from './path.ts'

export const restoreKeyRoute = defineRoute({
  name: 'keys.restore',
  method: 'POST',
  path: `${keysPath}/restore`,
  tag: 'Keys',
  summary: 'Put back the key that the last one replaced, as long as the plan keeps it (`rotation.overlapHours`).',
  params: keyParams,
  query: keySlotQuerySchema,
  answer: maskedKeySchema,
  async handle(call, deps) {
    const slot = await resolveSlot(call, deps, 'save')
    const { id } = await requireKey(slot, deps)
    const row = await deps.database.transaction(async (tx) => {
      await resolveNoticesOfKeys(tx, [id])
      return restoreKey(vaultDeps(deps, inside(tx, deps.database)), {
        org: slot.org,
        keyId: id,
        by: actorOf(call),
        // The key that serves now would be gone, and the one before would serve nothing.
        check: (before) => requireAllowedRegion(hostOf(before, slot), slot),
      })
    })
    deps.tenants.forget(slot.org)
    return showSaved(row, slot, deps)
  },
})

import { keySlotQuerySchema, maskedKeySchema } from '../../../contract/index.ts'
import { resolveNoticesOfKeys } from '../../../store/index.ts'
import { setKeyState } from '../../../vault/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { hostOf, requireAllowedRegion } from '../../keys/host-for.ts'
import { inside } from '../../keys/inside.ts'
import { requireKey } from '../../keys/require-key.ts'
import { resolveSlot } from '../../keys/resolve-slot.ts'
import { showSaved } from '../../keys/show-saved.ts'
import { vaultDeps } from '../../keys/vault-deps.ts'
import { keyParams, keysPath } from './path.ts'

export const enableKeyRoute = setState('enable', 'active', 'Let a disabled key serve again.')
export const disableKeyRoute = setState('disable', 'disabled', 'Keep a key stored and let it serve nothing.')

function setState(verb: 'enable' | 'disable', state: 'active' | 'disabled', summary: string) {
  return defineRoute({
    name: `keys.${verb}`,
    method: 'POST',
    path: `${keysPath}/${verb}`,
    tag: 'Keys',
    summary,
    params: keyParams,
    query: keySlotQuerySchema,
    answer: maskedKeySchema,
    async handle(call, deps) {
      const slot = await resolveSlot(call, deps, verb === 'enable' ? 'save' : 'remove')
      const key = await requireKey(slot, deps)
      if (state === 'active') requireAllowedRegion(hostOf(key, slot), slot)
      const { id } = key
      const row = await deps.database.transaction(async (tx) => {
        if (state === 'disabled') await resolveNoticesOfKeys(tx, [id])
        return setKeyState(vaultDeps(deps, inside(tx, deps.database)), {
          org: slot.org,
          keyId: id,
          state,
          by: actorOf(call),
        })
      })
      deps.tenants.forget(slot.org)
      return showSaved(row, slot, deps)
    },
  })
}

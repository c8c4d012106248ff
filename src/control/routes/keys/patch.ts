import {
  keySlotQuerySchema,
  maskedKeySchema,
  OwnkeyError,
  type PatchKey,
  patchKeySchema,
} from '../../../contract/index.ts'
import { type ProviderKeyRow, resolveNoticesOfKeys } from '../../../store/index.ts'
import { updateKey } from '../../../vault/index.ts'
import { actorOf } from '../../actor.ts'
import type { ControlDeps } from '../../deps.ts'
import { defineRoute } from '../../http/route.ts'
import { checkChoices } from '../../keys/check-choices.ts'
import { hostFor } from '../../keys/host-for.ts'
import { requireKey } from '../../keys/require-key.ts'
import { resolveSlot, type SlotContext } from '../../keys/resolve-slot.ts'
import { hostChoices, saveKey, settingsOf } from '../../keys/save-key.ts'
import { showSaved } from '../../keys/show-saved.ts'
import { vaultDeps } from '../../keys/vault-deps.ts'
import { keyParams, keysPath } from './path.ts'

export const patchKeyRoute = defineRoute({
  name: 'keys.patch',
  method: 'PATCH',
  path: keysPath,
  tag: 'Keys',
  summary: 'Change what is said of a key. Another host needs the key again.',
  params: keyParams,
  query: keySlotQuerySchema,
  body: patchKeySchema,
  answer: maskedKeySchema,
  async handle(call, deps) {
    const slot = await resolveSlot(call, deps, 'save')
    const { body } = call
    const before = await requireKey(slot, deps)
    if (body.key !== undefined) return saveKey({ slot, body: { ...body, key: body.key }, by: actorOf(call) }, deps)
    checkChoices(body, slot)
    const row = await updateKey(vaultDeps(deps), {
      org: slot.org,
      keyId: before.id,
      settings: { ...settingsOf(body), rotateBy: body.rotateBy, ...sameHost(body, { slot, before }, deps) },
      by: actorOf(call),
    })
    // Notices that the old setting led to are closed; what is still wrong will open a new one.
    if (body.fallback !== undefined && body.fallback !== before.fallback)
      await resolveNoticesOfKeys(deps.database, [before.id], {
        kinds: [body.fallback ? 'key_failing' : 'fallback_active'],
      })
    deps.tenants.forget(slot.org)
    return showSaved(row, slot, deps)
  },
})

/**
 * A base URL or region may be named again, or differ in what is not the host.
 * @throws OwnkeyError `key_required` when the key would go to another host than the one it was given for
 */
function sameHost(
  body: PatchKey,
  { slot, before }: { slot: SlotContext; before: ProviderKeyRow },
  { checkHost }: Pick<ControlDeps, 'checkHost'>,
) {
  if (body.baseUrl === undefined && body.region === undefined) return {}
  const host = hostFor(hostChoices(body, before), slot, checkHost)
  if (host.origin === before.origin && host.customHost === before.custom_host)
    return { baseUrl: host.baseUrl, region: host.region }
  const { host: bound } = new URL(before.origin)
  throw new OwnkeyError('key_required', {
    detail: `The key is bound to ${bound}; it is not sent to another host.`,
    facts: { bound },
    errors: [{ field: 'body.key', detail: 'Send the key again together with the new host.', code: 'key_again' }],
  })
}

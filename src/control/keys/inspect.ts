import { type Noted, OwnkeyError } from '../../contract/index.ts'
import { type InspectedKey, inspectKey } from '../../vault/index.ts'
import type { SlotContext } from './resolve-slot.ts'

export interface Inspected extends InspectedKey {
  remarks: string[]
  noted: Noted[]
}

/**
 * Looks at a pasted key before anything else does.
 * @throws OwnkeyError `key_malformed`, `sandbox_off`; neither says anything of the key
 */
export function inspect(pasted: string, slot: SlotContext, sandbox: boolean): Inspected {
  const inspected = inspectForTest(pasted, slot, sandbox)
  const { plan, entry } = slot
  if (plan.verify === 'format_only' && !inspected.secret.reveal().includes('sandbox'))
    checkFormat(
      inspected,
      entry.keyShapes.map(({ prefix }) => prefix),
    )
  return inspected
}

/**
 * The same for a key that is about to be tested: an unusual form is only remarked, because the provider decides. In a plan that
 * looks at the form alone (`format_only`), a key that looks like another provider's is refused here, too, and not sent to this one.
 * @throws OwnkeyError `key_malformed`, `sandbox_off`
 */
export function inspectForTest(
  pasted: string,
  { provider, entry, inForce, plan }: SlotContext,
  sandbox: boolean,
): Inspected {
  const inspected = inspectKey(pasted, { ...entry, name: provider.name }, inForce.providers)
  const playsSandbox = inspected.secret.reveal().includes('sandbox')
  if (playsSandbox && !sandbox) throw new OwnkeyError('sandbox_off')
  if (inspected.looksLike !== undefined && !playsSandbox && plan.verify === 'format_only') checkFormat(inspected, [])
  const remarks = [
    ...(inspected.trimmed ? ['Spaces around the key were removed.'] : []),
    ...(inspected.advice ? [inspected.advice] : []),
  ]
  const noted: Noted[] = [
    ...(inspected.trimmed ? [{ code: 'spaces_removed' as const, facts: {} }] : []),
    ...(inspected.adviceAs ? [inspected.adviceAs] : []),
  ]
  return { ...inspected, remarks, noted }
}

/** For keys that are saved without a test: refuses a key of another provider, or without this provider's prefix. */
function checkFormat({ secret, looksLike, advice, adviceAs }: InspectedKey, prefixes: readonly string[]): void {
  const needed = prefixes.length > 0 && prefixes.every((prefix) => prefix !== '')
  const lacksPrefix = needed && !prefixes.some((prefix) => secret.reveal().startsWith(prefix))
  if (looksLike === undefined && !lacksPrefix) return
  throw new OwnkeyError('key_malformed', {
    ...(advice ? { detail: advice } : {}),
    errors: [
      { field: 'body.key', detail: advice ?? 'This is not the form of this provider’s keys.', code: 'key_form' },
    ],
    ...(adviceAs ? { facts: { ...adviceAs.facts, remark: adviceAs.code } } : {}),
  })
}

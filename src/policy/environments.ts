import { idPattern, OwnkeyError } from '../contract/index.ts'
import { beginsLikeKey } from '../providers/index.ts'
import type { KeyFacts } from './decision.ts'
import type { Policy } from './policy.ts'

type Known = Pick<Policy, 'environments'>

/** A request that names no environment is for this one: production, or the first of a list without it. */
export function defaultEnvironment({ environments }: Known): string {
  const [first = 'production'] = environments ?? []
  return environments?.includes('production') ? 'production' : first
}

/**
 * Passes every id where the configuration declares no environments, else only the declared ones. A key that was given as a
 * name would be stored and shown like one: it never passes.
 * @param field where it was named, such as `body.environment`
 * @throws OwnkeyError `request_invalid`, which names the known ones and never what was sent
 */
export function checkEnvironment(environment: string, { environments }: Known, field = 'environment'): void {
  const isOne = environments === undefined ? isName(environment) : environments.includes(environment)
  if (isOne) return
  const known = environments?.join(', ')
  const detail =
    known === undefined ? 'This cannot be an environment.' : `There is no such environment; known are ${known}.`
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: known === undefined ? 'Use at most 64 letters, digits, "_", "-" and ".".' : `Use one of ${known}.`,
    errors: [
      known === undefined
        ? { field, detail, code: 'id_form' }
        : { field, detail, code: 'unknown_value', facts: { known } },
    ],
  })
}

function isName(environment: string): boolean {
  return idPattern.test(environment) && !beginsLikeKey(environment)
}

/** What a page lets choose: the declared ones; where none are, that of unnamed requests and those that these keys are for. */
export function environmentsOf(known: Known, keys: readonly Pick<KeyFacts, 'environment'>[]): string[] {
  if (known.environments !== undefined) return [...known.environments]
  const usual = defaultEnvironment(known)
  const others = keys.map(({ environment }) => environment).filter((name) => name !== usual)
  return [usual, ...[...new Set(others)].sort()]
}

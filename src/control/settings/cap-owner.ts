import type { CapStanding, KeyFacts, Policy } from '../../policy/index.ts'

/** Which key and feature a cap is for. */
export interface CapOwner {
  /** As in "The cap of 25 USD per month for …"; undefined: the cap's scope says all. */
  phrase: string | undefined
  /** The same by names alone, in any language. */
  name: string | undefined
  /** The key's provider; undefined for the platform's keys, and where a cap counts all keys. */
  provider: string | undefined
}

interface Places {
  policy: Policy
  tenant: { keys: readonly KeyFacts[] }
}

interface Named {
  phrase: string
  name: string
}

/** @returns undefined for a cap of a key that is gone: nothing is spent under it any more */
export function capOwner(
  cap: Pick<CapStanding, 'key' | 'scope' | 'features'>,
  { policy, tenant }: Places,
): CapOwner | undefined {
  const key = tenant.keys.find(({ id }) => id === cap.key)
  if (cap.key && key === undefined) return undefined
  const parts = [key ? namedKey(key, { policy, tenant }) : platformsKeys(cap, policy), namedFeature(cap, policy)]
  const named = parts.filter((part) => part !== undefined)
  const joined = (words: readonly string[], between: string) => (words.length > 0 ? words.join(between) : undefined)
  return {
    phrase: joined(
      named.map(({ phrase }) => phrase),
      ' and ',
    ),
    name: joined(
      named.map(({ name }) => name),
      ', ',
    ),
    provider: key?.provider,
  }
}

/** An organization has one for each provider, environment and user. */
function namedKey({ provider, environment, user }: KeyFacts, { policy, tenant }: Places): Named {
  const name = policy.providers.get(provider)?.name ?? provider
  const isOfMany = tenant.keys.some((other) => other.environment !== environment)
  const place = [...(isOfMany ? [environment] : []), ...(user === '' ? [] : [user])]
  const more = place.length > 0 ? ` (${place.join(', ')})` : ''
  return { phrase: `the ${name} key${more}`, name: `${name}${more}` }
}

/** Together they have one cap. */
function platformsKeys({ key }: Pick<CapStanding, 'key'>, { aiName }: Policy): Named | undefined {
  return key === '' ? { phrase: aiName, name: aiName } : undefined
}

function namedFeature({ scope, features }: Pick<CapStanding, 'scope' | 'features'>, policy: Policy): Named | undefined {
  const title = policy.features.get(features?.[0] ?? '')?.title
  const isOfOne = scope === 'feature' || scope === 'key_and_feature'
  return isOfOne && title !== undefined ? { phrase: `the feature ${title}`, name: title } : undefined
}

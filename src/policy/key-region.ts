import { defaultRegion } from './compile-policy.ts'
import type { KeyFacts } from './decision.ts'
import type { PolicyPlan, PolicyProvider } from './policy.ts'

/** The region that a key's host is in; `unstated` for a customer's own host without one. */
export function keyRegion(key: Pick<KeyFacts, 'region' | 'customHost' | 'origin'>, provider: PolicyProvider): string {
  if (key.region !== undefined) return key.region
  if (key.customHost) return 'unstated'
  const named = provider.routes.find(({ origin }) => origin === key.origin)
  return named?.region ?? defaultRegion(provider.catalogue)
}

/** The plan's rule on where data may go: the same when a key is saved, shown and used. */
export function allowsRegion({ regionSet }: Pick<PolicyPlan, 'regionSet'>, region: string): boolean {
  return regionSet?.has(region) ?? true
}

import type { KeyFacts } from '../../policy/index.ts'
import type { Tenant } from '../../tenants/index.ts'

/** Stored where a manager chose the platform's AI; nothing stored means that nobody chose yet. */
export const platformServes = ''

/**
 * The provider that serves all on these people's keys; null: the platform's AI. A single key leaves no doubt when nobody
 * chose.
 * @param place.user empty where keys belong to the organization
 */
export function activeProviderOf(
  tenant: Pick<Tenant, 'activeProvider' | 'activeProviders' | 'keys'>,
  place: Pick<KeyFacts, 'holder' | 'user' | 'environment'>,
): string | null {
  const { holder, user, environment } = place
  const chosen = holder === 'user' ? tenant.activeProviders?.get(user) : tenant.activeProvider
  if (chosen !== undefined) return chosen === platformServes ? null : chosen
  const own = tenant.keys.filter((key) => key.holder === holder && key.user === user && key.environment === environment)
  const providers = new Set(own.map(({ provider }) => provider))
  return providers.size === 1 ? ([...providers][0] ?? null) : null
}

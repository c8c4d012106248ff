import type { Tenant } from '../../tenants/index.ts'

/** Stored where a manager chose the platform's AI; nothing stored means that nobody chose yet. */
export const platformServes = ''

/** The provider that serves all; null: the platform's AI. A single key leaves no doubt when nobody chose. */
export function activeProviderOf(
  { activeProvider, keys }: Pick<Tenant, 'activeProvider' | 'keys'>,
  environment: string,
): string | null {
  if (activeProvider !== undefined) return activeProvider === platformServes ? null : activeProvider
  const providers = new Set(keys.filter((key) => key.environment === environment).map(({ provider }) => provider))
  return providers.size === 1 ? ([...providers][0] ?? null) : null
}

import type { Policy, PolicyProvider } from './policy.ts'

/** By catalogue id, alias or the configured public id, in any case. */
export function findProviderByName(policy: Policy, name: string): PolicyProvider | undefined {
  const id = policy.names.get(name) ?? policy.names.get(name.toLowerCase())
  return id === undefined ? undefined : policy.providers.get(id)
}

/** The catalogue id for an id, alias or public id; undefined when nothing has that name. */
export function resolveProvider(policy: Policy, name: string): string | undefined {
  return findProviderByName(policy, name)?.id
}

/** The id under which the API and the page show a provider of the catalogue. */
export function publicProviderId(policy: Policy, id: string): string {
  return policy.providers.get(id)?.publicId ?? id
}

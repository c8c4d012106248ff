import type { Settings } from '../../../src/contract/index.ts'
import { isComing, keyInUse, openProviders } from './key-of.ts'

export interface Flow {
  keys: { id: string; provider: string; hint: string }[]
  /** True: some request is, or could be, served on a platform key. */
  platformKeys: boolean
  features: number
  hosts: { host: string; provider: string; region: string | null; own: boolean; platform: boolean }[]
}

/** What the picture shows: only keys that are there and hosts that requests of this organization go to. */
export function flowOf(settings: Settings): Flow {
  const included = settings.features.filter((feature) => feature.included && !isComing(settings, feature))
  const attempts = included.flatMap((feature) => feature.decision.attempts)
  const hosts = new Map<string, Flow['hosts'][number]>()
  for (const attempt of attempts) {
    const seen = hosts.get(attempt.host) ?? {
      host: attempt.host,
      provider: attempt.providerName,
      region: attempt.region,
      own: false,
      platform: false,
    }
    if (attempt.source === 'platform') seen.platform = true
    else seen.own = true
    hosts.set(attempt.host, seen)
  }
  // Where nothing can be served right now (no credits left, say), the picture shows the ways that are set up.
  if (hosts.size === 0) {
    for (const provider of openProviders(settings)) {
      const own = keyInUse(settings, provider) !== undefined
      const platform = provider.platformKey && provider.policy === 'optional'
      if (provider.host && (own || platform))
        hosts.set(provider.host, { host: provider.host, provider: provider.name, region: null, own, platform })
    }
  }
  return {
    keys: settings.providers.flatMap((provider) => {
      const key = keyInUse(settings, provider)
      return key ? [{ id: key.id, provider: provider.name, hint: key.hint }] : []
    }),
    platformKeys: [...hosts.values()].some(({ platform }) => platform),
    features: included.length,
    hosts: [...hosts.values()],
  }
}

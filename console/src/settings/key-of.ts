import type { MaskedKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'
import type { BadgeStatus } from '../ui/status-badge.tsx'

/** The key in the environment that the page shows. */
export function keyOf(provider: SettingsProvider, environment: string): MaskedKey | undefined {
  return provider.keys.find((key) => key.environment === environment)
}

export function badgeOf(key: MaskedKey): BadgeStatus {
  return key.state === 'disabled' ? 'disabled' : key.status
}

/** Providers for which a key can be added or is there. */
export function openProviders({ providers }: Settings): SettingsProvider[] {
  return providers.filter(
    (provider) => !provider.comingSoon && (provider.policy !== 'unavailable' || provider.keys.length > 0),
  )
}

/** One question, "the platform's AI or mine?", instead of a list: where one provider is offered, or one serves all. */
export function isOneChoice(settings: Settings): boolean {
  return settings.choice === 'single' || openProviders(settings).length === 1
}

export function featureTitles({ features }: Settings, ids: readonly string[]): string[] {
  return features.filter(({ id }) => ids.includes(id)).map(({ title }) => title)
}

import type { MaskedKey, Settings, SettingsFeature, SettingsProvider } from '../../../src/contract/index.ts'
import type { BadgeStatus } from '../ui/status-badge.tsx'
import { regionsOf } from './key-draft.ts'

/** The key in the environment that the page shows. */
export function keyOf(provider: SettingsProvider, environment: string): MaskedKey | undefined {
  return provider.keys.find((key) => key.environment === environment)
}

/** The key that may serve there: neither disabled, nor kept from it by the plan or by another provider that serves all. */
export function keyInUse({ choice, environment }: Settings, provider: SettingsProvider): MaskedKey | undefined {
  const key = keyOf(provider, environment)
  const chosen = choice !== 'single' || provider.active
  return chosen && key?.state === 'active' && !barOf(provider, key) ? key : undefined
}

export function badgeOf(key: MaskedKey): BadgeStatus {
  return key.state === 'disabled' ? 'disabled' : key.status
}

/** Why the plan lets the key serve nothing, whatever its state; undefined: it may serve. */
export function barOf({ policy }: SettingsProvider, { hostAllowed }: MaskedKey): 'notOffered' | 'abroad' | undefined {
  return policy === 'unavailable' ? 'notOffered' : hostAllowed === false ? 'abroad' : undefined
}

/** Providers for which a key can be added or is there; first those that have a host where the plan lets data go. */
export function openProviders({ providers, environment }: Settings): SettingsProvider[] {
  return providers
    .filter((provider) => !provider.comingSoon && (provider.policy !== 'unavailable' || keyOf(provider, environment)))
    .sort((one, other) => Number(isPlaced(other)) - Number(isPlaced(one)))
}

/** A plan that restricts regions can leave none in which the provider has a host. */
export function isPlaced(provider: SettingsProvider): boolean {
  return regionsOf(provider).length > 0
}

/** The text that says why no key of a provider can be added; the customer's own endpoint lies nobody knows where. */
export function whyAbroad({ needsBaseUrl }: SettingsProvider) {
  return needsBaseUrl ? 'provider.unplaced' : 'provider.abroad'
}

/** One question, "the platform's AI or mine?", instead of a list: where one provider is offered, or one serves all. */
export function isOneChoice(settings: Settings): boolean {
  return settings.choice === 'single' || openProviders(settings).length === 1
}

/** True where every feature that a key can serve is of language models, so that the heading can say so. */
export function isLanguageOnly(settings: Settings): boolean {
  const served = new Set(openProviders(settings).flatMap(({ affects }) => affects))
  const language = ['chat', 'vision', 'embeddings']
  return settings.features.every(({ id, capability }) => !served.has(id) || language.includes(capability))
}

/** The features that the provider's own key may serve: those in its scope; none for a key that is not in use. */
export function servedBy(settings: Settings, provider: SettingsProvider): string[] {
  const key = keyInUse(settings, provider)
  const scope = settings.scopes.find(({ id }) => id === key?.scope)
  return key ? provider.affects.filter((feature) => !scope || scope.features.includes(feature)) : []
}

export function featureTitles({ features }: Settings, ids: readonly string[]): string[] {
  return features.filter(({ id }) => ids.includes(id)).map(({ title }) => title)
}

/** True where only announced providers could serve the feature: it is neither served nor broken. */
export function isComing({ providers }: Settings, feature: SettingsFeature): boolean {
  const able = providers.filter(({ id, affects }) => affects.includes(feature.id) || feature.providers.includes(id))
  return feature.decision.attempts.length === 0 && able.length > 0 && able.every(({ comingSoon }) => comingSoon)
}

/** Features that can be tried with a line of text, all or those that a key of this provider serves. */
export function triableFeatures({ features }: Settings, provider?: SettingsProvider): SettingsFeature[] {
  return features.filter(
    ({ id, included, capability }) =>
      included && (capability === 'chat' || capability === 'vision') && (!provider || provider.affects.includes(id)),
  )
}

const failures: ReadonlySet<string> = new Set(['invalid', 'permission', 'quota', 'network'])

/** Keys in use whose last test or request failed. */
export function failingKeys(settings: Settings): MaskedKey[] {
  return settings.providers.flatMap((provider) => {
    const key = keyInUse(settings, provider)
    return key && failures.has(key.status) ? [key] : []
  })
}

import type { Settings, SettingsProvider } from '../../../src/contract/index.ts'
import { keyInUse } from './key-of.ts'

/** The text that says what serves once this provider's own key is gone: the platform's AI at once, nothing, or what serves now. */
export function whatHappensWithout(settings: Settings, provider: SettingsProvider) {
  const { perRequest, features } = settings.credits
  const costs = [perRequest, ...Object.values(features)].some(({ ownKey, platformKey }) => platformKey > ownKey)
  if (!keyInUse(settings, provider)) return 'without.same'
  if (provider.policy === 'required' || !provider.platformKey) return 'without.stops'
  return costs ? 'without.platformCosts' : 'without.platform'
}

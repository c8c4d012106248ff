import type { Capability } from '../../contract/index.ts'
import { canServe } from '../settings/show-provider.ts'
import type { SlotContext } from './resolve-slot.ts'

/** What the features in a key's scope need of its provider. Without configured features: what the provider is for. */
export function neededCapabilities(scope: string, { inForce, plan, provider, entry }: SlotContext): Capability[] {
  const features = [...inForce.policy.features.values()].filter(
    (feature) =>
      (plan.featureSet?.has(feature.id) ?? true) &&
      (scope === 'all' || plan.scopeSets.get(scope)?.has(feature.id)) &&
      canServe(feature, provider),
  )
  const needed =
    inForce.policy.features.size === 0 ? entry.capabilities.slice(0, 1) : features.map(({ capability }) => capability)
  return [...new Set(needed)].filter((capability) => entry.capabilities.includes(capability))
}

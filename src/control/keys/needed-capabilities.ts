import type { Capability } from '../../contract/index.ts'
import type { PolicyFeature } from '../../policy/index.ts'
import { canServe } from '../settings/show-provider.ts'
import type { SlotContext } from './resolve-slot.ts'

/** What the features in a key's scope need of its provider. Without configured features: what the provider is for. */
export function neededCapabilities(scope: string, slot: SlotContext): Capability[] {
  const { inForce, entry } = slot
  const needed =
    inForce.policy.features.size === 0
      ? entry.capabilities.slice(0, 1)
      : featuresIn(scope, slot).map(({ capability }) => capability)
  return [...new Set(needed)].filter((capability) => entry.capabilities.includes(capability))
}

/** Where the plan picks models by the task: those that the features in the key's scope name for this provider. */
export function taskModels(scope: string, slot: SlotContext): Partial<Record<Capability, string[]>> | undefined {
  if (slot.plan.model !== 'feature') return undefined
  const byCapability: Partial<Record<Capability, string[]>> = {}
  for (const { capability, models } of featuresIn(scope, slot)) {
    const model = models[slot.provider.id]
    const known = byCapability[capability] ?? []
    if (model !== undefined && !known.includes(model)) byCapability[capability] = [...known, model]
  }
  return byCapability
}

function featuresIn(scope: string, { inForce, plan, provider }: SlotContext): PolicyFeature[] {
  return [...inForce.policy.features.values()].filter(
    (feature) =>
      (plan.featureSet?.has(feature.id) ?? true) &&
      (scope === 'all' || plan.scopeSets.get(scope)?.has(feature.id)) &&
      canServe(feature, provider),
  )
}

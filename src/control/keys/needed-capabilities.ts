import type { Capability } from '../../contract/index.ts'
import type { PolicyFeature } from '../../policy/index.ts'
import { canServe } from '../settings/show-provider.ts'
import type { SlotContext } from './resolve-slot.ts'

/** What the features in a key's scope need of its provider. Where no feature needs anything of it: what the provider is for. */
export function neededCapabilities(scope: string, slot: SlotContext): Capability[] {
  const { capabilities } = slot.entry
  const needed = new Set(featuresIn(scope, slot).map(({ capability }) => capability))
  const asked = [...needed].filter((capability) => capabilities.includes(capability))
  return asked.length > 0 ? asked : capabilities.slice(0, 1)
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

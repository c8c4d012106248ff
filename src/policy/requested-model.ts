import type { Policy } from './policy.ts'
import { resolveProvider } from './provider-names.ts'
import { type RequestedModel, readModel } from './read-model.ts'

/**
 * What a `model` asks for where the provider is left open: the gateway's one dialect and `explain` read it alike.
 * @param asked.plan the organization's; one that is not configured offers nothing
 */
export function requestedModel(
  model: string | undefined,
  policy: Policy,
  { plan, feature }: { plan: string; feature: string | undefined },
): RequestedModel {
  const providers = feature === undefined ? undefined : policy.features.get(feature)?.providers
  const available = policy.plans.get(plan)?.available ?? []
  const allowed = available
    .filter(({ id }) => providers?.includes(id) ?? true)
    .map(({ id, catalogue }) => ({ id, models: catalogue.models.map((known) => known.id) }))
  return readModel(model, { find: (name) => resolveProvider(policy, name), allowed })
}

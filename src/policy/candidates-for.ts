import { type Ask, featureTitle, list, platformSkip } from './ask.ts'
import { knowsModel, mayUse, seemsToHave } from './choose-model.ts'
import type { Refusal } from './decision.ts'
import { modelRefusal } from './model-refusal.ts'
import type { PolicyProvider } from './policy.ts'
import { findProviderByName } from './provider-names.ts'

/** The providers that may serve, in the order in which they are asked: the named one, or all that fit. */
export function candidatesFor(ask: Ask): readonly PolicyProvider[] | Refusal {
  const allowed = ask.request.provider ? namedProvider(ask, ask.request.provider) : fittingProviders(ask)
  return 'code' in allowed || ask.model === undefined
    ? allowed
    : thoseForModel(ask, { candidates: allowed, model: ask.model })
}

function namedProvider(ask: Ask, name: string): readonly PolicyProvider[] | Refusal {
  const { policy, plan, feature } = ask
  const provider = findProviderByName(policy, name)
  if (!provider) return notAllowed(ask, `There is no provider “${name}” here.`)
  if (feature?.providers && !feature.providers.includes(provider.id)) {
    return notAllowed(ask, `${feature.title} does not run on ${provider.name}; the feature names its providers.`)
  }
  if (plan.policies.get(provider.id) === 'unavailable')
    return notAllowed(ask, `The plan “${plan.title ?? plan.id}” does not offer ${provider.name}.`)
  if (provider.comingSoon) return notAllowed(ask, `${provider.name} is announced and cannot be used yet.`)
  return [provider]
}

/** The providers that the feature and the plan allow and that have the capability. */
export function fittingProviders(ask: Ask): readonly PolicyProvider[] | Refusal {
  const allowed = allowedProviders(ask)
  const { capability } = ask
  const fitting = allowed.filter((provider) => canDoTask(ask, provider))
  if (fitting.length > 0) return fitting
  return allowed.length === 0
    ? notAllowed(ask, `The plan offers no provider that ${featureTitle(ask)} may use.`)
    : notAllowed(ask, `None of the allowed providers can do “${capability}”, which ${featureTitle(ask)} needs.`)
}

/**
 * The provider that the plan names for fallbacks, if it may serve this request. Never for a request that names its provider, because
 * that request is in that provider's API.
 */
export function plannedFallback(ask: Ask): PolicyProvider | undefined {
  const wanted = ask.request.provider ? undefined : ask.plan.fallback.provider
  return wanted === undefined
    ? undefined
    : allowedProviders(ask).find((provider) => provider.id === wanted && canDoTask(ask, provider))
}

function canDoTask({ capability }: Ask, { capabilities }: PolicyProvider): boolean {
  return capability === undefined || capabilities.has(capability)
}

/** The feature's order counts where it names providers, else the plan's. */
function allowedProviders({ plan, feature }: Ask): readonly PolicyProvider[] {
  if (!feature?.providers) return plan.available
  return feature.providers.flatMap((id) => plan.available.filter((provider) => provider.id === id))
}

/**
 * Drops providers whose rules refuse the model; then, if any catalogue lists the model, or models of its family, those that do
 * not. A model that one refuses by name is not sent to another that has never heard of it.
 */
function thoseForModel(
  ask: Ask,
  { candidates, model }: { candidates: readonly PolicyProvider[]; model: string },
): readonly PolicyProvider[] | Refusal {
  const permitted = candidates.filter((provider) => mayUse(ask, { provider, model, own: true }))
  if (permitted.length === 0) return modelRefused(ask, { provider: candidates[0] as PolicyProvider, model })
  const knowing = permitted.filter((provider) => knowsModel(provider, model))
  if (knowing.length > 0) return knowing
  const refusing = candidates.find((provider) => isRefusedByName(provider, model))
  if (refusing === undefined) return ofFamily(ask, { permitted, model })
  const open = permitted.filter(isOpen)
  return open.length > 0 ? open : modelRefused(ask, { provider: refusing, model })
}

/**
 * A model newer or older than the catalogue is sent to those that have its family; where nobody has it, to all. With a vendor's
 * name before it, it goes to those that host others' models: nobody else takes such a name.
 */
function ofFamily(
  ask: Ask,
  { permitted, model }: { permitted: readonly PolicyProvider[]; model: string },
): readonly PolicyProvider[] {
  const hosts = vendorOf(ask, model) === undefined ? [] : permitted.filter(hostsOthers)
  if (hosts.length > 0) return hosts
  const related = permitted.filter((provider) => seemsToHave(provider, model))
  return related.length > 0 ? permitted.filter((provider) => related.includes(provider) || isOpen(provider)) : permitted
}

/** The provider whose name stands before the model's, as in `vendor/model`. */
function vendorOf({ policy }: Ask, model: string): PolicyProvider | undefined {
  const slash = model.indexOf('/')
  return slash === -1 ? undefined : findProviderByName(policy, model.slice(0, slash))
}

function hostsOthers(provider: PolicyProvider): boolean {
  return isOpen(provider) || [...provider.models.keys()].some((listed) => listed.includes('/'))
}

/**
 * The refusal of a request for `vendor/model` that nobody can serve, where that vendor is not to be used here: so its caller learns
 * that, and not what some host of others' models lacks.
 */
export function vendorRefusal(ask: Ask, { code }: Refusal): Refusal | undefined {
  const { request, model } = ask
  if (request.provider !== undefined || model === undefined || !(code === 'missing_key' || code === 'model_refused'))
    return undefined
  const vendor = vendorOf(ask, model)
  if (vendor === undefined || allowedProviders(ask).some((provider) => knowsModel(provider, model))) return undefined
  const named = namedProvider(ask, vendor.id)
  return 'code' in named ? named : undefined
}

/** A provider without listed models (somebody's own endpoint) may have a model of any name. */
function isOpen({ models }: PolicyProvider): boolean {
  return models.size === 0
}

export function isRefusedByName({ rules }: PolicyProvider, model: string): boolean {
  const verdict = rules.check(model)
  return !verdict.allowed && verdict.rule === 'refuse'
}

function modelRefused(ask: Ask, { provider, model }: { provider: PolicyProvider; model: string }): Refusal {
  const refusal = modelRefusal(provider, model)
  ask.skipped.push(platformSkip({ provider, code: 'model_refused', reason: refusal.reason }))
  return refusal
}

function notAllowed(ask: Ask, reason: string): Refusal {
  const names = allowedProviders(ask).map(({ publicId }) => publicId)
  const shown = names.length > 8 ? [...names.slice(0, 8)] : names
  const fix =
    names.length === 0
      ? 'Ask the platform for a plan that offers a provider for this feature.'
      : `Use one of these providers: ${list(shown)}${names.length > 8 ? ' and others' : ''}.`
  return {
    code: 'provider_not_allowed',
    reason,
    fix,
    facts: names.length > 0 ? { choices: shown.join(', ') } : { remedy: 'other_plan' },
  }
}

import type { Capability } from '../contract/index.ts'
import { bareModel } from '../config/index.ts'
import type { Ask } from './ask.ts'
import type { KeyFacts } from './decision.ts'
import type { PolicyProvider } from './policy.ts'

/** Capabilities that a language model whose abilities nobody told us can be expected to have. */
const languageCapabilities: ReadonlySet<Capability> = new Set(['chat', 'vision'])

/**
 * The model of one attempt: the caller's, else the first of the configured ones that fits the task and may be used.
 * @param key the own key; absent for the platform's
 */
export function chooseModel(ask: Ask, provider: PolicyProvider, key?: KeyFacts): string | undefined {
  if (ask.request.noModel) return undefined
  if (ask.model !== undefined) return ask.model
  const byTask = ask.feature?.models[provider.id]
  const order = [
    ...(ask.plan.model === 'feature' ? [trusted(byTask)] : []),
    ...(key ? [guessed(key.model)] : []),
    guessed(provider.defaultModel),
    trusted(byTask),
    trusted(catalogueDefault(ask.capability, provider)),
    ...(provider.rules.allow ?? []).filter((pattern) => !pattern.includes('*')).map(guessed),
  ]
  const own = key !== undefined
  return order.find((choice) => choice !== undefined && choice.fits(ask, provider) && mayUse(ask, { provider, model: choice.model, own }))?.model
}

/** Whether the rules let this model through; own keys may leave the allow list where the plan says so, never the refusals. */
export function mayUse(ask: Pick<Ask, 'plan'>, { provider, model, own }: { provider: PolicyProvider; model: string; own: boolean }): boolean {
  if (!provider.rules.dependsOnModel) return true
  const verdict = provider.rules.check(model)
  return verdict.allowed || (own && ask.plan.privateModels && verdict.rule === 'allow')
}

/** Whether the catalogue lists the model for this provider. */
export function knowsModel(provider: PolicyProvider, model: string): boolean {
  return findModel(provider, model) !== undefined
}

interface Choice {
  model: string
  fits(ask: Ask, provider: PolicyProvider): boolean
}

/** The operator, or the catalogue, named it for this very task. */
function trusted(model: string | undefined): Choice | undefined {
  return model === undefined ? undefined : { model, fits: () => true }
}

/** Named for the provider as a whole: a chat model is no use for speech. */
function guessed(model: string | undefined): Choice | undefined {
  return model === undefined ? undefined : { model, fits: ({ capability }, provider) => canDo(provider, { model, capability }) }
}

function canDo(provider: PolicyProvider, { model, capability }: { model: string; capability: Capability | undefined }): boolean {
  if (capability === undefined) return true
  const known = findModel(provider, model)
  return known ? known.capabilities.includes(capability) : languageCapabilities.has(capability)
}

function catalogueDefault(capability: Capability | undefined, provider: PolicyProvider): string | undefined {
  return provider.catalogue.defaultModels[capability ?? 'chat']
}

function findModel(provider: PolicyProvider, model: string): PolicyProvider['catalogue']['models'][number] | undefined {
  const wanted = bareModel(model).toLowerCase()
  return provider.catalogue.models.find(({ id }) => id.toLowerCase() === wanted)
}

import { bareModel } from '../config/index.ts'
import type { Capability } from '../contract/index.ts'
import type { Ask } from './ask.ts'
import type { KeyFacts } from './decision.ts'
import type { PolicyProvider } from './policy.ts'

/** What a model that the catalogue does not list can be expected to do. */
const languageCapabilities: ReadonlySet<Capability> = new Set(['chat', 'vision'])

/**
 * The model of one attempt: the caller's, else the first of the configured ones that fits the task and may be used.
 * @param key the own key; absent for the platform's
 */
export function chooseModel(ask: Ask, provider: PolicyProvider, key?: KeyFacts): string | undefined {
  if (ask.request.noModel) return undefined
  if (ask.model !== undefined) return ask.model
  const byTask = ask.feature?.models[provider.id]
  const fits = (model: string | undefined, origin: 'task' | 'provider'): boolean =>
    model !== undefined &&
    (origin === 'task' || canDo(provider, { model, capability: ask.capability })) &&
    mayUse(ask, { provider, model, own: key !== undefined })

  if (ask.plan.model === 'feature' && fits(byTask, 'task')) return byTask
  if (fits(key?.model, 'provider')) return key?.model
  if (fits(provider.defaultModel, 'provider')) return provider.defaultModel
  if (fits(byTask, 'task')) return byTask
  const byCatalogue = provider.catalogue.defaultModels[ask.capability ?? 'chat']
  if (fits(byCatalogue, 'task')) return byCatalogue
  // The rules leave no default: the first of those that they do leave.
  return listedModels(provider).find((model) => fits(model, 'provider'))
}

/** The model that a provider's card begins with: the first default that the rules leave, else the first model. */
export function usualModel(provider: PolicyProvider): string | undefined {
  const { chat, ...others } = provider.catalogue.defaultModels
  const defaults = chat === undefined ? Object.values(others) : [chat]
  return [provider.defaultModel, ...defaults, ...listedModels(provider)].find(
    (model) => model !== undefined && provider.rules.check(model).allowed,
  )
}

/** Models by name: those that the rules name, in their order, then the catalogue's. */
function listedModels({ rules, catalogue }: PolicyProvider): string[] {
  const named = rules.allow?.filter((pattern) => !pattern.includes('*')) ?? []
  return [...named, ...catalogue.models.map(({ id }) => id)]
}

/** Whether the rules let this model through; own keys may leave the allow list where the plan says so, never the refusals. */
export function mayUse(
  ask: Pick<Ask, 'plan'>,
  { provider, model, own }: { provider: PolicyProvider; model: string; own: boolean },
): boolean {
  if (!provider.rules.dependsOnModel) return true
  const verdict = provider.rules.check(model)
  return verdict.allowed || (own && ask.plan.privateModels && verdict.rule === 'allow')
}

/** Whether the catalogue lists the model for this provider. */
export function knowsModel(provider: PolicyProvider, model: string): boolean {
  return findModel(provider, model) !== undefined
}

/** Whether a model can do the task. One that is configured for the provider as a whole may not: a chat model cannot speak. */
function canDo(
  provider: PolicyProvider,
  { model, capability }: { model: string; capability: Capability | undefined },
): boolean {
  if (capability === undefined) return true
  const known = findModel(provider, model)
  return known ? known.capabilities.includes(capability) : languageCapabilities.has(capability)
}

/** Whether the model is one of this provider's by its name: listed, or with the first word of one that is (`claude-…`, `gpt-…`). */
export function seemsToHave(provider: PolicyProvider, model: string): boolean {
  if (knowsModel(provider, model)) return true
  const family = familyOf(bareModel(model).toLowerCase())
  return family !== undefined && [...provider.models.keys()].some((listed) => familyOf(listed) === family)
}

function familyOf(model: string): string | undefined {
  return /^[a-z]{2,}(?=[-_.:\d])/.exec(model)?.[0]
}

function findModel(provider: PolicyProvider, model: string): PolicyProvider['catalogue']['models'][number] | undefined {
  return provider.models.get(bareModel(model).toLowerCase())
}

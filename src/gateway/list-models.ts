import { OwnkeyError } from '../contract/index.ts'
import type { Policy, PolicyProvider } from '../policy/index.ts'
import { refusalError } from './decision/refusal-error.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import { writeJson } from './write-answer.ts'

interface ListedModel {
  id: string
  object: 'model'
  /** OpenAI's clients require a time; it is not known for these models. */
  created: number
  owned_by: string
}

/** `GET /v1/models` and `/v1/models/{model}`: what this organization may name, in OpenAI's shape. @throws not_found */
export function listModels(exchange: Required<Exchange>, gateway: Gateway): void {
  const models = modelsOf(exchange, gateway)
  const name = exchange.target.path.slice('/models/'.length)
  const found = name === '' ? { object: 'list', data: models } : models.find(({ id }) => id === name)
  if (found === undefined)
    throw new OwnkeyError('not_found', { detail: 'There is no such model for this organization.' })
  writeJson(exchange, found)
}

function modelsOf(exchange: Required<Exchange>, gateway: Gateway): readonly ListedModel[] {
  const { caller, setup } = exchange
  const { policy } = setup
  const feature = caller.feature === undefined ? undefined : policy.features.get(caller.feature)
  const listed = new Map<string, ListedModel>()
  for (const provider of servingProviders(exchange, gateway)) {
    const ids = namesOf(provider, policy, caller.feature).filter((id) => provider.rules.check(id).allowed)
    for (const id of ids) {
      const known = provider.models.get(id.toLowerCase())
      if (feature && known && !known.capabilities.includes(feature.capability)) continue
      // Two providers' models of the same name are told apart as requests tell them apart.
      const name = listed.has(id) ? `${provider.publicId}/${id}` : id
      listed.set(name, { id: name, object: 'model', created: 0, owned_by: provider.publicId })
    }
  }
  return [...listed.values()]
}

/** The catalogue's models, and those that only the configuration names. */
function namesOf(provider: PolicyProvider, { features }: Policy, feature: string | undefined): readonly string[] {
  const byTask = feature === undefined ? undefined : features.get(feature)?.models[provider.id]
  const named = [provider.defaultModel, byTask, ...(provider.rules.allow ?? [])]
  return [
    ...new Set([
      ...provider.catalogue.models.map(({ id }) => id),
      ...named.filter((name) => name !== undefined && !name.includes('*')).map(String),
    ]),
  ]
}

/**
 * Providers that a decision would use for the request's feature; without one, for any feature. Where one active provider serves all,
 * that one.
 * @throws the decision's refusal
 */
function servingProviders(exchange: Required<Exchange>, { memory, now }: Gateway): readonly PolicyProvider[] {
  const { caller, setup } = exchange
  const { policy } = setup
  const { tenant, user, environment } = caller
  const named = caller.feature !== undefined || policy.features.size === 0
  const features = named ? [caller.feature] : [...policy.features.keys()]
  const decide = (feature: string | undefined, provider?: string) =>
    memory.decide({ feature, user, environment, provider, noModel: true }, tenant, policy)
  const plan = policy.plans.get(tenant.plan)
  const available = plan?.available ?? []
  const serving = available.filter(
    ({ id }) => isReachable(setup.provider(id)) && features.some((feature) => decide(feature, id).attempts.length > 0),
  )
  const [first] = plan?.choice === 'single' ? decide(features[0]).attempts : []
  if (first && first.source !== 'platform') return serving.filter(({ id }) => id === first.provider)
  const refusal = serving.length > 0 || !named ? undefined : decide(caller.feature, available[0]?.id ?? '').refusal
  if (refusal) throw refusalError(refusal, now())
  return serving
}

function isReachable(provider: ReturnType<Exchange['setup']['provider']>): boolean {
  return provider?.translations !== undefined || provider?.openai !== undefined
}

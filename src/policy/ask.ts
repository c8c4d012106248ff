import type { Capability, Holder } from '../contract/index.ts'
import { withArticle } from '../lib/index.ts'
import type { DecisionRequest, SentenceFacts, SkipCode, Skipped, TenantFacts } from './decision.ts'
import type { FallbackRule, Policy, PolicyFeature, PolicyPlan, PolicyProvider } from './policy.ts'

/** A request that may use its feature, with everything that the later steps look at resolved once. */
export interface Ask {
  request: DecisionRequest
  tenant: TenantFacts
  policy: Policy
  plan: PolicyPlan
  feature?: PolicyFeature | undefined
  /** What the answer needs; picks models and, where none is named, providers. */
  capability?: Capability | undefined
  /** The model that the caller named; absent for none and `auto`. */
  model?: string | undefined
  fallback: FallbackRule
  /** Grows while the decision is made. */
  skipped: Skipped[]
}

/** What the feature is called in a sentence. */
export function featureTitle({ feature }: Pick<Ask, 'feature'>): string {
  return feature?.title ?? 'this request'
}

/** "Your organization’s Google Gemini key", "Your own Google Gemini key". */
export function ownKeyPhrase(holder: Holder, provider: PolicyProvider): string {
  return holder === 'organization' ? `Your organization’s ${provider.name} key` : `Your own ${provider.name} key`
}

export function skip(ask: Ask, entry: Skipped): void {
  ask.skipped.push(entry)
}

interface SkipTold {
  provider: PolicyProvider
  code: SkipCode
  reason: string
  facts?: SentenceFacts | undefined
}

export function ownSkip(ask: Pick<Ask, 'plan'>, { provider, code, reason, facts }: SkipTold): Skipped {
  return { source: ask.plan.holder, provider: provider.id, code, reason, ...(facts && { facts }) }
}

export function platformSkip({ provider, code, reason, facts }: SkipTold): Skipped {
  return { source: 'platform', provider: provider.id, code, reason, ...(facts && { facts }) }
}

/** The sentence on where to add an own key, right for the holder and the environment; without a full stop. */
export function addKeyFix({ plan, request }: Ask, provider: PolicyProvider): string {
  const where = request.environment === 'production' ? '' : ` for the environment “${request.environment}”`
  const whose = plan.holder === 'user' ? ' under the user’s own keys' : ''
  return `Add ${withArticle(provider.name)} key${where} in the AI settings${whose}`
}

/** Names in quotation marks, for a sentence. */
export function list(names: readonly string[]): string {
  return names.map((name) => `“${name}”`).join(', ')
}

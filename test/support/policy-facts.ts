import { loadConfig } from '../../src/config/index.ts'
import type { Decision, DecisionRequest, KeyFacts, Policy, TenantFacts } from '../../src/policy/index.ts'
import { compilePolicy, decide, resolveProvider } from '../../src/policy/index.ts'
import { catalogue } from '../../src/providers/index.ts'

const env = { GEMINI: 'platform-gemini-key', OPENAI: 'platform-openai-key' }
/** A policy compiled from a configuration's text. */
export const policyFrom = (text: string): Policy =>
  compilePolicy(loadConfig({ text, env, catalogue }).config, catalogue)

const providers = `
platform: { name: Acme }
providers:
  gemini: { platformKey: "\${GEMINI}", as: google_gemini, models: { refuse: [{ match: "gemini-3*", reason: too new }] } }
  openai: { platformKey: "\${OPENAI}" }
  anthropic: {}
  house: { like: openai, baseUrl: "https://models.acme.test/llm/" , platformKey: "\${OPENAI}", defaultModel: house-1 }
  deepgram: { comingSoon: true }
features:
  chatbot: { title: Chatbots }
  vision: { title: Images, capability: vision, providers: [gemini], meter: images, models: { gemini: gemini-2.5-pro } }
  speech: { title: Speech, capability: text_to_speech }
  extra: { title: Extra, addOn: extras }
  other: { title: Other }`
/** The same providers and features each time, with a plan `basic` of these fields. */
export const policyWith = (plan: string): Policy =>
  policyFrom(`${providers}\nplans:\n  basic: ${plan}\n  small: { features: [other] }`)

/** A plan that offers five providers and falls back never. */
export const base = policyWith(
  '{ providers: { gemini: optional, openai: optional, anthropic: optional, house: optional, deepgram: optional, "*": unavailable } }',
)

/** An organization's key at its provider's own host. */
export function key(provider: string, facts: Partial<KeyFacts> = {}): KeyFacts {
  return {
    id: `k-${provider}`,
    version: 3,
    holder: 'organization',
    user: '',
    provider,
    environment: 'production',
    state: 'active',
    scope: 'all',
    origin:
      resolveProvider(base, provider) === undefined
        ? 'https://x.test'
        : (catalogue.find(({ id }) => id === provider)?.origin ?? 'https://models.acme.test'),
    customHost: false,
    ...facts,
  }
}

const tenantWith = (facts: Partial<TenantFacts>): TenantFacts => ({
  org: 'o',
  plan: 'basic',
  addOns: [],
  keys: [],
  balance: 10,
  quotaUsed: {},
  ...facts,
})

/** A decision for the chatbot in production, on the plan `basic`. */
export function ask(policy: Policy, request: Partial<DecisionRequest>, facts: Partial<TenantFacts> = {}): Decision {
  return decide({ feature: 'chatbot', environment: 'production', ...request }, tenantWith(facts), policy)
}

/** `organization:openai` for each attempt, or the refusal's code. */
export const sources = (decision: Decision): string[] =>
  decision.refusal ? [decision.refusal.code] : decision.attempts.map(({ source, provider }) => `${source}:${provider}`)
/** `organization:openai:no_key` for each that does not serve. */
export const skips = (decision: Decision): string[] =>
  decision.skipped.map(({ source, provider, code }) => `${source}:${provider}:${code}`)

import type { Capability, ErrorClass, KeySource, OwnkeyErrorCode } from '../contract/index.ts'

/** What is asked: all that a decision may depend on besides the tenant and the configuration. */
export interface DecisionRequest {
  /** Absent when the caller named none; an error where features are configured. */
  feature?: string | undefined
  /** The provider that was called; absent: the decision picks (one dialect, explain). */
  provider?: string | undefined
  /** As the caller wrote it; absent or `auto`: the decision's model. */
  model?: string | undefined
  /** What the called surface does; used only to pick a model or provider when none is named. */
  capability?: Capability | undefined
  user?: string | undefined
  environment: string
  /** The called surface takes no model (a list, a file): the attempts carry none. */
  noModel?: boolean | undefined
  /** The result of a job is asked for, which was charged when it was ordered: it costs no credits, and no meter counts it. */
  isFetch?: boolean | undefined
}

/** One own key as the policy sees it: no secret in it. */
export interface KeyFacts {
  id: string
  version: number
  holder: 'organization' | 'user'
  /** Empty for an organization's key. */
  user: string
  provider: string
  environment: string
  state: 'active' | 'disabled'
  /** `all` or a scope's name. */
  scope: string
  model?: string | undefined
  /** The manager's toggle; absent: the plan's default. */
  fallback?: boolean | undefined
  /** Origin that the key is bound to. */
  origin: string
  region?: string | undefined
  /** The path of the customer's base URL (`/proxy`), before the provider's own; absent: none. */
  basePath?: string | undefined
  /** The origin was given by the customer, not by the catalogue or the operator. */
  customHost: boolean
}

/** One sum of what was spent at providers in the current day or month. */
export interface Spent {
  per: 'day' | 'month'
  /** Empty: no feature. */
  feature: string
  /** The own key's id; empty: the platform's. */
  key: string
  /** Whose key served: the customer's, the platform's, or the platform's because the customer's failed. */
  source: 'own' | 'platform' | 'fallback'
  currency: string
  /** In millionths of a millionth of the currency's unit. */
  pico: number
  /** Answers among them that counted something which has no price. */
  unpriced?: number | undefined
}

/** A cap that counts an attempt, and what is spent under it as far as the snapshot knows. */
export interface CapStanding {
  scope: 'organization' | 'key' | 'feature' | 'key_and_feature' | 'fallback'
  per: 'day' | 'month'
  currency: string
  limitPico: number
  spentPico: number
  warnAt: number
  /** Only spending on these features counts; absent: all. */
  features?: readonly string[] | undefined
  /** Only this key's spending counts, '' being the platform's; absent: all. */
  key?: string | undefined
  /** Other currencies that count: what one unit of each is worth in the cap's. */
  rates?: Readonly<Record<string, number>> | undefined
  /** Spent on what the cap is about, in currencies without a rate: by currency, in pico-units. It is not in `spentPico`. */
  uncounted?: Readonly<Record<string, number>> | undefined
}

/** An organization as a snapshot, metadata only. */
export interface TenantFacts {
  org: string
  plan: string
  addOns: readonly string[]
  /** What the operator set; absent: never set. */
  byokEnabled?: boolean | undefined
  /** The provider that serves all, where the plan's choice is single and the organization holds the keys. */
  activeProvider?: string | undefined
  /** The same by user, where keys belong to users; nothing for those who have not chosen. */
  activeProviders?: ReadonlyMap<string, string> | undefined
  keys: readonly KeyFacts[]
  /** Credits left; whole number ≥ 0. */
  balance: number
  quotaUsed: QuotaUsed
  /** What was spent in the current periods; absent or empty where the plan has no caps. */
  spent?: readonly Spent[] | undefined
}

/** Used so far in the current day and the current month, by meter: a plan may count by the one today and by the other tomorrow. */
export type QuotaUsed = Readonly<Partial<Record<'day' | 'month', Readonly<Record<string, number>>>>>

/** One try: whose key, where, for how much. */
export interface Attempt {
  source: KeySource
  provider: string
  /** Absent where the surface has no model. */
  model?: string | undefined
  /** `https://host[:port]` that receives the request. */
  origin: string
  host: string
  /** Stands before the provider's own path where the operator's or the customer's address has one (`/proxy`); absent: nothing. */
  basePath?: string | undefined
  region?: string | undefined
  /** Credits that a success costs; whole number ≥ 0. */
  credits: number
  /** The meter that a success counts toward; absent when exempt or unmetered. */
  meter?: string | undefined
  /** The spend caps that count it; absent: none does. */
  caps?: readonly CapStanding[] | undefined
  /** The own key; absent for the platform's. */
  key?: { id: string; version: number } | undefined
  /** Classes of failure after which the next attempt may be made. Empty on the last one. */
  fallbackOn: readonly ErrorClass[]
  /** A sentence for people: why this attempt is in the list. */
  reason: string
}

/** Names, numbers and limits that a sentence tells, for pages that say it in another language. */
export type SentenceFacts = Readonly<Record<string, string | number>>

export interface Refusal {
  code: OwnkeyErrorCode
  reason: string
  fix: string
  /** What `reason` and `fix` name. */
  facts?: SentenceFacts | undefined
  /** The calendar period (UTC) at whose end the request would be served; absent: waiting does not help. */
  resets?: 'day' | 'month' | undefined
}

/** Something that could have served and does not, and why: the answer to "why is this still on the platform's AI?". */
export interface Skipped {
  source: KeySource
  provider: string
  code: SkipCode
  reason: string
  /** What `reason` names; see `sentenceVariants` of the contract. */
  facts?: SentenceFacts | undefined
  /** The spend caps that would have counted it, where one of them is why. */
  caps?: readonly CapStanding[] | undefined
}

export const skipCodes = [
  'no_key',
  'key_disabled',
  'scope',
  'environment',
  'holder',
  'byok_disabled',
  'provider_not_allowed',
  'required',
  'fallback_off',
  'no_platform_key',
  'model_refused',
  'region',
  'credits',
  'quota',
  'spend_cap',
  'not_active_provider',
  'no_host',
] as const
export type SkipCode = (typeof skipCodes)[number]

/** Attempts in order, or a refusal (then `attempts` is empty). */
export interface Decision {
  attempts: readonly Attempt[]
  refusal?: Refusal | undefined
  skipped: readonly Skipped[]
}

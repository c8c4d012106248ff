import type { ErrorClass } from '../contract/index.ts'

/** What a provider's answer says went wrong. */
export interface Failure {
  class: ErrorClass
  /** The finer cause, for people and for the key's health; absent when the provider does not say. */
  cause?: FailureCause
  /** The provider's own machine code, when it is one (never a message text). */
  code?: string
  /** The permission or scope that the provider names as missing. */
  missing?: string
  /** How long the provider asks to wait; absent when it does not, or when its number is meaningless. */
  retryAfterMs?: number
  /** It is told as an answer, in which the model says nothing: whoever reads answers understands it. */
  isAnswer?: true
}

export const failureCauses = [
  'expired',
  'revoked',
  'wrong_host',
  'missing_scope',
  'account_disabled',
  'geo_blocked',
  'egress_blocked',
  'api_not_enabled',
  'out_of_credit',
  'spend_limit',
  'quota_period',
  'too_large_for_limit',
  'capacity',
  'plan_lacks_feature',
] as const
export type FailureCause = (typeof failureCauses)[number]

/** A provider's answer as a failure reader sees it. Header names are in lower case. */
export interface ProviderAnswer {
  status: number
  headers: Readonly<Record<string, string | undefined>>
  /** The body, tolerantly parsed: an object, a one-element array's element, a string, or undefined when empty. */
  body: unknown
}

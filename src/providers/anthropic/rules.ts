import { type Rule, verdict } from '../reading/rules.ts'

/** `error.details.error_code` first; texts only for the credit and limit stops, which have no code of their own. */
export const anthropicRules: readonly Rule[] = [
  {
    code: ['enforced_spend_limit_reached', 'contract_spend_limit_reached', 'linked_organization_spend_limit_reached'],
    is: verdict('quota_exhausted', 'spend_limit'),
  },
  {
    code: ['linked_organization_billing_unavailable', 'billing_error'],
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  { code: ['ramp_limit_exceeded'], is: verdict('rate_limited') },
  { code: ['organization_on_hold'], is: verdict('permission_denied', 'account_disabled') },
  { code: ['cmek_key_disabled', 'cmek_key_network_blocked'], is: verdict('permission_denied') },
  { code: ['cmek_key_unreachable'], is: verdict('provider_error') },
  {
    status: [400, 403, 429],
    message: /(reached|exceeded|hit) your .{0,40}(usage|spend(ing)?) limit/i,
    is: verdict('quota_exhausted', 'spend_limit'),
  },
  {
    status: [400, 401, 403],
    message: /\borgani[sz]ation\b.{0,40}\b(disabled|on hold|suspended)/i,
    is: verdict('permission_denied', 'account_disabled'),
  },
  // The edge's own answer: no outer type, no request id, and nothing to do with the key.
  { status: [403], code: ['forbidden'], is: verdict('permission_denied', 'geo_blocked') },
  { status: [401], message: /CORS requests/i, is: verdict('permission_denied') },
  { status: [404], message: /\bis not available\b/i, is: verdict('model_unavailable') },
  { message: /^overloaded\b/i, is: verdict('provider_error', 'capacity') },
]

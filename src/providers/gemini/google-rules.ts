import type { Facts } from '../reading/facts.ts'
import { at } from '../reading/is-record.ts'
import { hasPeriodQuota, quotaIds } from '../reading/retry-after.ts'
import { type Rule, verdict } from '../reading/rules.ts'

const wait = /\b(retry|try again)\b.{0,20}\bin \d/i
const hasRetryInfo = ({ error }: Facts): boolean => {
  const details = at(error, 'details')
  return Array.isArray(details) && details.some((detail) => at(detail, 'retryDelay') !== undefined)
}

/** Google's reasons (`error.details[].reason`), quota ids, and the texts that come without either. For Gemini and Vertex. */
export const googleRules: readonly Rule[] = [
  { message: /multiple authentication credentials/i, is: verdict('request_invalid') },
  { code: ['api_key_invalid'], message: /\bexpired\b/i, is: verdict('invalid_key', 'expired') },
  {
    code: [
      'api_key_invalid',
      'api_key_not_found',
      'access_token_type_unsupported',
      'credentials_missing',
      'access_token_invalid',
    ],
    is: verdict('invalid_key'),
  },
  { code: ['access_token_expired', 'api_key_expired'], is: verdict('invalid_key', 'expired') },
  {
    code: ['account_state_invalid', 'consumer_suspended', 'resource_project_invalid'],
    is: verdict('permission_denied', 'account_disabled'),
  },
  {
    code: ['api_key_service_blocked', 'iam_permission_denied', 'access_token_scope_insufficient'],
    is: verdict('permission_denied', 'missing_scope'),
  },
  {
    code: [
      'api_key_http_referrer_blocked',
      'api_key_ip_address_blocked',
      'api_key_android_app_blocked',
      'api_key_ios_app_blocked',
    ],
    is: verdict('permission_denied', 'egress_blocked'),
  },
  { code: ['service_disabled'], is: verdict('permission_denied', 'api_not_enabled') },
  { code: ['billing_disabled'], is: verdict('quota_exhausted', 'out_of_credit') },
  {
    code: ['consumer_invalid', 'user_project_denied', 'security_policy_violated', 'location_policy_violated'],
    is: verdict('permission_denied'),
  },
  { status: [403], message: /requires billing to be enabled/i, is: verdict('quota_exhausted', 'out_of_credit') },
  { status: [400], message: /\bdisallowed .{0,20}model\b/i, is: verdict('model_unavailable') },
  { code: ['invalid_grant'], is: verdict('invalid_key', 'revoked') },
  { code: ['invalid_client', 'unauthorized_client'], is: verdict('invalid_key') },
  {
    status: [403],
    message: /has not been (used|enabled)|\bAPI\b.{0,60}\b(not enabled|is disabled)/i,
    is: verdict('permission_denied', 'api_not_enabled'),
  },
  { status: [400, 401, 403], message: /reported as leaked/i, is: verdict('invalid_key', 'revoked') },
  { status: [403], message: /unregistered callers/i, is: verdict('invalid_key') },
  {
    status: [402, 429],
    message: /prepay|credits? (are|is|have been) (depleted|exhausted|used)/i,
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  { status: [429], message: /spend(ing)? cap/i, is: verdict('quota_exhausted', 'spend_limit') },
  { status: [0, 429], message: /\blimit: 0(?![\d.,]*\d)/i, is: verdict('quota_exhausted', 'plan_lacks_feature') },
  { status: [0, 429], where: ({ error }) => hasPeriodQuota(error), is: verdict('quota_exhausted', 'quota_period') },
  {
    status: [0, 429],
    where: ({ error }) => quotaIds(error).some((id) => /per_?(second|minute|hour)/i.test(id)),
    is: verdict('rate_limited'),
  },
  // With a wait and no period named, the same "check your plan" text is a rate limit.
  { status: [429], message: wait, is: verdict('rate_limited') },
  { status: [429], where: hasRetryInfo, is: verdict('rate_limited') },
]

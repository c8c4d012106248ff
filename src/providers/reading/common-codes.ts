import { type Rule, verdict } from './rules.ts'

/** What codes mean with most vendors, tried after a provider's own table. */
export const commonCodes: readonly Rule[] = [
  {
    code: ['rate_limit_exceeded', 'tokens'],
    message: /request too large|reduced? .{0,40}(message size|tokens)/i,
    is: verdict('request_invalid', 'too_large_for_limit'),
  },
  {
    code: [
      'credit_balance_exhausted',
      'credit_limit',
      'insufficient_balance',
      'insufficient_credits',
      'insufficient_funds',
      'out_of_credits',
      'payment_required',
    ],
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  {
    code: [
      'organization_spend_limit_exceeded',
      'project_spend_limit_exceeded',
      'organization_usage_limit_exceeded',
      'billing_hard_limit_reached',
      'budget_exceeded',
      'spend_limit_exceeded',
    ],
    is: verdict('quota_exhausted', 'spend_limit'),
  },
  {
    code: [
      'insufficient_quota',
      'insufficient_user_quota',
      'billing_not_active',
      'billing_error',
      'access_terminated_billing',
      'arrearage',
    ],
    is: verdict('quota_exhausted', 'out_of_credit'),
  },
  {
    code: ['invalid_api_key', 'wrong_api_key', 'invalid_key', 'invalid_auth', 'api_key_invalid', 'missing_api_key'],
    message: /\bexpired\b/i,
    is: verdict('invalid_key', 'expired'),
  },
  {
    code: ['invalid_api_key', 'wrong_api_key', 'invalid_key', 'invalid_auth', 'api_key_invalid', 'missing_api_key'],
    is: verdict('invalid_key'),
  },
  {
    code: ['api_key_expired', 'token_expired', 'expired_api_key', 'expired_key'],
    is: verdict('invalid_key', 'expired'),
  },
  { code: ['api_key_revoked', 'key_revoked', 'api_key_disabled'], is: verdict('invalid_key', 'revoked') },
  {
    code: [
      'access_terminated',
      'account_deactivated',
      'account_disabled',
      'account_suspended',
      'organization_restricted',
      'organization_disabled',
      'organization_deactivated',
    ],
    is: verdict('permission_denied', 'account_disabled'),
  },
  { code: ['incorrect_hostname', 'data_residency_mismatch'], is: verdict('request_invalid', 'wrong_host') },
  { code: ['ip_not_authorized', 'ip_not_allowed'], is: verdict('permission_denied', 'egress_blocked') },
  {
    code: [
      'no_organization',
      'invalid_organization',
      'mismatched_organization',
      'invalid_project',
      'mismatched_project',
    ],
    is: verdict('permission_denied'),
  },
  {
    code: ['unsupported_country_region_territory', 'unsupported_country'],
    is: verdict('permission_denied', 'geo_blocked'),
  },
  {
    code: ['missing_scope', 'missing_scopes', 'missing_permissions', 'insufficient_permissions', 'insufficient_scope'],
    is: verdict('permission_denied', 'missing_scope'),
  },
  {
    code: [
      'model_not_found',
      'model_not_available',
      'unknown_model',
      'invalid_model',
      'model_decommissioned',
      'model_deprecated',
      'model_not_supported',
      'deployment_not_found',
      'deploymentnotfound',
      'unsupported_model',
      'key_model_access_denied',
      'team_model_access_denied',
    ],
    is: verdict('model_unavailable'),
  },
  {
    code: [
      'content_filter',
      'content_policy_violation',
      'image_content_policy_violation',
      'moderation_blocked',
      'content_moderation',
      'responsibleaipolicyviolation',
      'invalid_prompt',
      'bio_policy',
      'cyber_policy',
      'misalignment_policy_violation',
      'content_blocked',
      'data_inspection_failed',
    ],
    is: verdict('content_refused'),
  },
  { code: ['context_length_exceeded', 'string_above_max_length'], is: verdict('request_invalid') },
]

/** The generic words that only say what the status says too, for errors in streams and on sockets. */
export const commonTypes: readonly Rule[] = [
  // OpenAI calls a file that is too large its server's error; sent again, it is as large.
  { code: ['server_error', 'api_error'], status: [413], is: verdict('request_invalid') },
  { code: ['authentication_error'], is: verdict('invalid_key') },
  { code: ['permission_error'], is: verdict('permission_denied') },
  { code: ['overloaded_error', 'server_is_overloaded', 'overloaded'], is: verdict('provider_error', 'capacity') },
  {
    code: ['server_error', 'api_error', 'timeout_error', 'internal_server_error', 'internal_error'],
    is: verdict('provider_error'),
  },
  {
    code: ['rate_limit_error', 'rate_limit_exceeded', 'too_many_requests', 'rate_limit', 'rate_limited', 'slow_down'],
    status: [0, 400, 401, 403, 429],
    is: verdict('rate_limited'),
  },
]

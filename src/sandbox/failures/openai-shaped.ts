import type { FailureBody, FailureTable } from './failure.ts'

/** Seconds that a `rate` key is asked to wait, everywhere. */
export const waitSeconds = 2

interface OpenAiError {
  message: string
  type: string
  code: string | number | null
  param?: string | null
}

/** `{error: {message, type, param, code}}` */
export function openAiError(status: number, error: OpenAiError, headers?: Record<string, string>): FailureBody {
  return { status, ...(headers && { headers }), body: { error: { param: null, ...error } } }
}

const rateHeaders = {
  'retry-after': String(waitSeconds),
  'retry-after-ms': String(waitSeconds * 1000),
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-limit-tokens': '200000',
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-remaining-tokens': '199000',
  'x-ratelimit-reset-requests': `${waitSeconds}s`,
  'x-ratelimit-reset-tokens': '20ms',
}

export const openAiFailures: FailureTable = {
  invalid: openAiError(401, {
    message:
      'Incorrect API key provided: sk-***************{tail}. You can find your API key at https://platform.openai.com/account/api-keys. (sandbox)',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
  }),
  expired: openAiError(401, {
    message:
      'Incorrect API key provided: sk-***************{tail}. The key has expired. You can find your API key at https://platform.openai.com/account/api-keys. (sandbox)',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
  }),
  permission: openAiError(401, {
    message:
      "You have insufficient permissions for this operation. Missing scopes: {permission}. Check that you have the correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using a restricted API key, that it has the necessary scopes. (sandbox)",
    type: 'invalid_request_error',
    code: null,
  }),
  quota: openAiError(429, {
    message:
      'You have no credits remaining. Add credits at https://platform.openai.com/settings/organization/billing to continue. (sandbox)',
    type: 'insufficient_quota',
    code: 'credit_balance_exhausted',
  }),
  rate: openAiError(
    429,
    {
      message: `Rate limit reached in organization org-sandbox on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in ${waitSeconds}s. Visit https://platform.openai.com/account/rate-limits to learn more. (sandbox)`,
      type: 'requests',
      code: 'rate_limit_exceeded',
    },
    rateHeaders,
  ),
  down: openAiError(503, {
    message: 'The server is currently overloaded with other requests. Please try again later. (sandbox)',
    type: 'service_unavailable_error',
    code: 'server_is_overloaded',
  }),
}

/** The OpenAI table with a vendor's own differences. */
export function openAiFailuresBut(differences: Partial<FailureTable>): FailureTable {
  return { ...openAiFailures, ...differences }
}

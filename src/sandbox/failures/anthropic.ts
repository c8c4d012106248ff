import type { FailureBody, FailureTable } from './failure.ts'
import { waitSeconds } from './openai-shaped.ts'

/** `{type: "error", error: {type, message}, request_id}` */
export function anthropicError(status: number, [type, message]: [string, string], headers = {}): FailureBody {
  return { status, headers, body: { type: 'error', error: { type, message }, request_id: '{requestId}' } }
}

export const anthropicFailures: FailureTable = {
  invalid: anthropicError(401, ['authentication_error', 'invalid x-api-key (sandbox)']),
  expired: anthropicError(401, ['authentication_error', 'invalid x-api-key (sandbox: the key has expired)']),
  permission: anthropicError(403, [
    'permission_error',
    'Your API key does not have permission to use the specified resource. (sandbox)',
  ]),
  quota: anthropicError(400, [
    'invalid_request_error',
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits. (sandbox)',
  ]),
  rate: anthropicError(
    429,
    ['rate_limit_error', "This request would exceed your account's rate limit. Please try again later. (sandbox)"],
    {
      'retry-after': String(waitSeconds),
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2030-01-01T00:00:00Z',
      'anthropic-ratelimit-tokens-limit': '50000',
      'anthropic-ratelimit-tokens-remaining': '50000',
      'anthropic-ratelimit-tokens-reset': '2030-01-01T00:00:00Z',
    },
  ),
  down: anthropicError(529, ['overloaded_error', 'Overloaded (sandbox)']),
}

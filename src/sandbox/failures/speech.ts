import type { FailureBody, FailureTable } from './failure.ts'
import { waitSeconds } from './openai-shaped.ts'

const retryAfter = { 'retry-after': String(waitSeconds) }

/** ElevenLabs: `{detail: {status, message}}`, and its newer form with `type` and `code`. */
export function elevenLabsError(
  status: number,
  detail: { status: string; message: string; type?: string; code?: string },
): FailureBody {
  return { status, headers: { 'x-trace-id': '{requestId}' }, body: { detail } }
}

export const elevenLabsFailures: FailureTable = {
  invalid: elevenLabsError(401, { status: 'invalid_api_key', message: 'Invalid API key (sandbox)' }),
  expired: elevenLabsError(401, { status: 'invalid_api_key', message: 'Invalid API key: it has expired (sandbox)' }),
  permission: elevenLabsError(401, {
    type: 'authentication_error',
    code: 'unauthorized',
    message: 'The API key you used is missing the permission {permission} to execute this operation. (sandbox)',
    status: 'missing_permissions',
  }),
  quota: elevenLabsError(401, {
    status: 'quota_exceeded',
    message:
      'This request exceeds your quota of 10000. You have 0 credits remaining, while 91 credits are required for this request. (sandbox)',
  }),
  rate: elevenLabsError(429, {
    status: 'too_many_concurrent_requests',
    message:
      'Too many concurrent requests. Your current subscription is associated with a maximum of 2 concurrent requests. (sandbox)',
  }),
  down: elevenLabsError(503, {
    status: 'service_unavailable',
    message: 'The service is overloaded. Please try again. (sandbox)',
  }),
}

/** Sarvam: `{error: {message, code, request_id}}` */
export function sarvamError(status: number, [code, message]: [string, string], headers = {}): FailureBody {
  return { status, headers, body: { error: { message: `${message} (sandbox)`, code, request_id: '{requestId}' } } }
}

export const sarvamFailures: FailureTable = {
  invalid: sarvamError(403, ['invalid_api_key_error', 'Invalid API key.']),
  expired: sarvamError(403, ['invalid_api_key_error', 'The API key has expired.']),
  // Its codes have no word for it; a 403 without a code is what its edge answers.
  permission: { status: 403, body: { message: 'Forbidden: the key is not allowed to use {permission}. (sandbox)' } },
  quota: sarvamError(429, ['insufficient_quota_error', 'No credits left. Add credits in the dashboard.']),
  rate: sarvamError(429, ['rate_limit_exceeded_error', 'Rate limit exceeded. Please try again later.'], retryAfter),
  down: sarvamError(503, ['rate_limit_exceeded_error', 'High load. Please try again later.']),
}

/** Deepgram: `{err_code, err_msg, request_id}` */
export function deepgramError(status: number, [code, message]: [string, string], headers = {}): FailureBody {
  return { status, headers, body: { err_code: code, err_msg: `${message} (sandbox)`, request_id: '{requestId}' } }
}

export const deepgramFailures: FailureTable = {
  invalid: deepgramError(401, ['INVALID_AUTH', 'Invalid credentials.']),
  expired: deepgramError(401, ['INVALID_AUTH', 'Invalid credentials: the key has expired.']),
  permission: deepgramError(401, ['INSUFFICIENT_PERMISSIONS', 'User does not have sufficient permissions.']),
  quota: deepgramError(402, [
    'ASR_PAYMENT_REQUIRED',
    'Project does not have enough credits for an ASR request and does not have an overage agreement.',
  ]),
  rate: deepgramError(429, ['TOO_MANY_REQUESTS', 'Too many requests. Please try again later.'], retryAfter),
  down: deepgramError(503, ['SERVICE_UNAVAILABLE', 'The service is overloaded. Please try again later.']),
}

/** AssemblyAI: `{error: "text"}` */
export function assemblyAiError(status: number, message: string, headers = {}): FailureBody {
  return { status, headers, body: { error: `${message} (sandbox)` } }
}

export const assemblyAiFailures: FailureTable = {
  invalid: assemblyAiError(401, 'Authentication error, API token missing/invalid'),
  expired: assemblyAiError(401, 'Authentication error, API token missing/invalid: expired'),
  permission: assemblyAiError(403, 'Cannot access uploaded file'),
  quota: assemblyAiError(400, 'Your current account balance is negative. Please top up to continue using the API.'),
  rate: assemblyAiError(429, 'Too many requests', retryAfter),
  down: assemblyAiError(503, 'Service unavailable'),
}

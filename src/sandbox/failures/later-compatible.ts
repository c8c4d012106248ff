import type { FailureBody, FailureTable } from './failure.ts'
import { openAiError, openAiFailuresBut, waitSeconds } from './openai-shaped.ts'

const retryAfter = { 'retry-after': String(waitSeconds) }
const flat = (status: number, body: unknown, headers = {}): FailureBody => ({ status, headers, body })
const twice = (failure: FailureBody) => ({ invalid: failure, expired: failure })

/** The second half of them, in the order of the catalogue. */
export const laterCompatibleFailures: Readonly<Record<string, FailureTable>> = {
  xai: openAiFailuresBut({
    ...twice(
      flat(400, {
        code: 'invalid-argument',
        error:
          'Incorrect API key provided: xa***{tail}. You can obtain an API key from https://console.x.ai. (sandbox)',
      }),
    ),
    permission: flat(403, {
      code: 'permission-denied',
      error: 'The caller does not have permission to execute the specified operation. (sandbox)',
    }),
    quota: flat(429, {
      code: 'Some resource has been exhausted',
      error:
        'Your team 00000000-0000-0000-0000-000000000000 has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit. (sandbox)',
    }),
    rate: flat(
      429,
      { code: 'resource-exhausted', error: 'Too many requests. Please try again later. (sandbox)' },
      retryAfter,
    ),
    down: flat(503, { code: 'unavailable', error: 'The service is currently unavailable. (sandbox)' }),
  }),
  together: openAiFailuresBut({
    ...twice(
      flat(401, {
        id: '{requestId}',
        error: {
          message:
            'Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys. (sandbox)',
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_api_key',
        },
      }),
    ),
    quota: openAiError(402, {
      message: 'Your account has reached its monthly spending limit. (sandbox)',
      type: 'credit_limit',
      code: null,
    }),
  }),
  fireworks: openAiFailuresBut({
    ...twice(
      flat(401, {
        error: { message: 'The API key you provided is invalid. (sandbox)', code: 'UNAUTHORIZED', object: 'error' },
      }),
    ),
    permission: flat(403, {
      error: { message: 'Permission denied. (sandbox)', code: 'PERMISSION_DENIED', object: 'error' },
    }),
    quota: flat(412, {
      error: {
        message:
          'Account SANDBOX is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices. Please go to https://fireworks.ai/account/billing for more information. (sandbox)',
        code: 'PRECONDITION_FAILED',
        object: 'error',
      },
    }),
  }),
  openrouter: openAiFailuresBut({
    ...twice(flat(401, { error: { message: 'User not found. (sandbox)', code: 401 } })),
    permission: flat(403, { error: { message: 'The key may not use this model. (sandbox)', code: 403 } }),
    quota: flat(402, {
      error: {
        message: 'Insufficient credits. Purchase more at https://openrouter.ai/settings/credits (sandbox)',
        code: 402,
      },
    }),
    rate: flat(429, { error: { message: 'Rate limit exceeded. (sandbox)', code: 429 } }, retryAfter),
    down: flat(503, { error: { message: 'No provider is available for this model now. (sandbox)', code: 503 } }),
  }),
  cohere: openAiFailuresBut({
    ...twice(flat(401, { message: 'invalid api token (sandbox)' })),
    permission: flat(403, { message: 'The key may not be used for this. (sandbox)' }),
    quota: flat(402, {
      message:
        'Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue (sandbox)',
    }),
    rate: flat(
      429,
      { message: 'You are past the per minute request limit, please wait and try again later. (sandbox)' },
      retryAfter,
    ),
    down: flat(503, { message: 'Service unavailable. (sandbox)' }),
  }),
  perplexity: openAiFailuresBut({
    ...twice(
      flat(401, {
        error: {
          message: 'Invalid API key provided. You can find your API key at https://console.perplexity.ai. (sandbox)',
          type: 'invalid_api_key',
          code: 401,
        },
      }),
    ),
    quota: flat(401, {
      error: { message: 'You have no credits left. (sandbox)', type: 'insufficient_quota', code: 401 },
    }),
  }),
  cerebras: openAiFailuresBut({
    ...twice(
      flat(401, {
        message: 'Wrong API Key (sandbox)',
        type: 'invalid_request_error',
        param: 'api_key',
        code: 'wrong_api_key',
      }),
    ),
    permission: flat(403, {
      message: 'Access denied. (sandbox)',
      type: 'permission_error',
      param: null,
      code: 'permission_denied',
    }),
    quota: flat(402, {
      message: 'Payment required. (sandbox)',
      type: 'payment_required_error',
      param: null,
      code: 'payment_required',
    }),
    rate: flat(
      429,
      {
        message: 'Requests per minute limit exceeded (sandbox)',
        type: 'too_many_requests_error',
        param: 'quota',
        code: 'request_quota_exceeded',
      },
      retryAfter,
    ),
    down: flat(503, {
      message: 'The service is overloaded. (sandbox)',
      type: 'server_error',
      param: null,
      code: 'unavailable',
    }),
  }),
}

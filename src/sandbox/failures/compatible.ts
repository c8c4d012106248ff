import type { FailureBody, FailureTable } from './failure.ts'
import { openAiError, openAiFailuresBut, waitSeconds } from './openai-shaped.ts'

const retryAfter = { 'retry-after': String(waitSeconds) }
const flat = (status: number, body: unknown, headers = {}): FailureBody => ({ status, headers, body })
const twice = (failure: FailureBody) => ({ invalid: failure, expired: failure })

/** Vendors that answer in OpenAI's dialect, with the errors that they shape differently. */
export const compatibleFailures: Readonly<Record<string, FailureTable>> = {
  'azure-openai': openAiFailuresBut({
    ...twice(
      flat(401, {
        error: {
          code: '401',
          message:
            'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource. (sandbox)',
        },
      }),
    ),
    permission: flat(403, {
      error: {
        code: 'AuthenticationTypeDisabled',
        message: 'Key based authentication is disabled for this resource. (sandbox)',
      },
    }),
    quota: flat(403, { error: { code: 'insufficient_quota', message: 'The resource has no quota left. (sandbox)' } }),
    rate: flat(
      429,
      {
        error: {
          code: '429',
          message: `Requests have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after ${waitSeconds} seconds. (sandbox)`,
        },
      },
      retryAfter,
    ),
  }),
  bedrock: openAiFailuresBut({
    ...twice(flat(403, { Message: 'Authentication failed: Please make sure your API Key is valid. (sandbox)' })),
    permission: flat(
      403,
      { message: "You don't have access to the model with the specified model ID. (sandbox)" },
      { 'x-amzn-errortype': 'AccessDeniedException' },
    ),
    quota: flat(
      429,
      { message: 'Too many tokens per day, please wait before trying again. (sandbox)' },
      { 'x-amzn-errortype': 'ThrottlingException' },
    ),
    rate: flat(
      429,
      { message: 'Too many tokens, please wait before trying again. (sandbox)' },
      { 'x-amzn-errortype': 'ThrottlingException' },
    ),
    down: flat(
      503,
      { message: 'The service is unable to process your request. (sandbox)' },
      { 'x-amzn-errortype': 'ServiceUnavailableException' },
    ),
  }),
  mistral: openAiFailuresBut({
    ...twice(flat(401, { message: 'Unauthorized (sandbox)', request_id: '{requestId}' })),
    permission: flat(403, {
      object: 'error',
      message: 'The model is not available on your tier. (sandbox)',
      type: 'forbidden',
      param: null,
      code: null,
    }),
    quota: flat(402, {
      object: 'error',
      message: 'Payment required. (sandbox)',
      type: 'payment_required',
      param: null,
      code: null,
    }),
    rate: flat(
      429,
      { object: 'error', message: 'Rate limit exceeded (sandbox)', type: 'rate_limited', param: null, code: '1300' },
      retryAfter,
    ),
    down: flat(503, {
      object: 'error',
      message: 'Service unavailable. (sandbox)',
      type: 'unavailable',
      param: null,
      code: null,
    }),
  }),
  groq: openAiFailuresBut({
    ...twice(
      flat(401, {
        error: { message: 'Invalid API Key (sandbox)', type: 'invalid_request_error', code: 'invalid_api_key' },
      }),
    ),
    permission: flat(403, {
      error: {
        message: 'The model is blocked at the project level. (sandbox)',
        type: 'permissions_error',
        code: 'model_permission_blocked_project',
      },
    }),
    quota: flat(
      429,
      {
        error: {
          message:
            'Rate limit reached in organization `org_sandbox` service tier `on_demand` on tokens per day (TPD): Limit 100000, Used 100000, Requested 36. Please try again in 9m38.016s. (sandbox)',
          type: 'tokens',
          code: 'rate_limit_exceeded',
        },
      },
      { 'retry-after': '578' },
    ),
    rate: flat(
      429,
      {
        error: {
          message: `Rate limit reached in organization \`org_sandbox\` service tier \`on_demand\` on tokens per minute (TPM): Limit 6000, Used 6000, Requested 36. Please try again in ${waitSeconds}s. (sandbox)`,
          type: 'tokens',
          code: 'rate_limit_exceeded',
        },
      },
      retryAfter,
    ),
  }),
  deepseek: openAiFailuresBut({
    ...twice(
      openAiError(401, {
        message: 'Authentication Fails, Your api key: ****{tail} is invalid (request_id: {requestId}) (sandbox)',
        type: 'authentication_error',
        code: 'invalid_request_error',
      }),
    ),
    quota: openAiError(402, {
      message: 'Insufficient Balance (sandbox)',
      type: 'unknown_error',
      code: 'invalid_request_error',
    }),
  }),
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

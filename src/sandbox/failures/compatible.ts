import type { FailureBody, FailureTable } from './failure.ts'
import { laterCompatibleFailures } from './later-compatible.ts'
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
  ...laterCompatibleFailures,
}

import type { Dialect, OwnkeyError } from '../contract/index.ts'

/** An error of Ownkey's own in the shape of the API that was called, so that its SDK raises the exception that fits. */
export interface DialectAnswer {
  status: number
  body: unknown
}

/** Where an SDK of the dialect looks for the id that its errors tell (`error.requestID`). */
export const requestIdHeaders: Partial<Record<Dialect, string>> = { openai: 'x-request-id', anthropic: 'request-id' }

interface Said {
  error: Pick<OwnkeyError, 'status' | 'fix' | 'facts'> & { code: string }
  /** What happened and what to do, in one string. */
  message: string
  requestId: string
}

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  431: 'invalid_request_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

const openaiTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  404: 'invalid_request_error',
  405: 'invalid_request_error',
  408: 'invalid_request_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
  431: 'invalid_request_error',
}

const googleStatuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'INVALID_ARGUMENT',
  408: 'DEADLINE_EXCEEDED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  431: 'INVALID_ARGUMENT',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

const openaiWords = ({ error, message }: Said) => ({
  message,
  type: openaiTypes[error.status] ?? 'server_error',
  param: error.facts?.['param'] ?? null,
  code: error.code,
  fix: error.fix,
})

const shapes: Readonly<Record<Dialect, (said: Said) => unknown>> = {
  openai: (said) => ({ error: openaiWords(said) }),
  anthropic: ({ error, message, requestId }) => ({
    type: 'error',
    error: {
      type: anthropicTypes[error.status] ?? 'api_error',
      message,
      code: error.code,
      fix: error.fix,
      details: { error_code: error.code },
    },
    request_id: requestId,
  }),
  google: ({ error, message }) => ({
    error: {
      code: error.status,
      message,
      status: googleStatuses[error.status] ?? 'INTERNAL',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: error.code,
          domain: 'ownkey',
          metadata: { code: error.code, fix: error.fix },
        },
      ],
    },
  }),
  elevenlabs: ({ error, message, requestId }) => ({
    detail: {
      type: openaiTypes[error.status] ?? 'server_error',
      code: error.code,
      status: error.code,
      message,
      fix: error.fix,
      request_id: requestId,
    },
  }),
  sarvam: ({ error, message, requestId }) => ({
    error: { message, code: error.code, request_id: requestId, fix: error.fix },
  }),
  // These vendors write errors flat. The inner object is for callers who use OpenAI's SDK, which looks there.
  flat: (said) => ({ object: 'error', ...openaiWords(said), error: openaiWords(said) }),
  aws: ({ error, message }) => ({ message, code: error.code, fix: error.fix }),
  deepgram: ({ error, message, requestId }) => ({
    err_code: error.code,
    err_msg: message,
    request_id: requestId,
    code: error.code,
    fix: error.fix,
  }),
  assemblyai: ({ error, message }) => ({ error: message, code: error.code, fix: error.fix }),
}

/** Asking again unchanged can help with these only; SDKs are told not to retry the rest. */
const retryable: ReadonlySet<string> = new Set([
  'rate_limited',
  'request_stalled',
  'upstream_unreachable',
  'upstream_timeout',
  'unavailable',
  'internal',
])

export function isRetryable(error: OwnkeyError): boolean {
  return retryable.has(error.code)
}

export function renderError(
  dialect: Dialect,
  error: Said['error'] & { message: string },
  requestId: string,
): DialectAnswer {
  return { status: error.status, body: shapes[dialect]({ error, message: `${error.message} ${error.fix}`, requestId }) }
}

import {
  errorTable,
  OwnkeyError,
  type OwnkeyErrorCode,
  type OwnkeyErrorOptions,
  type Problem,
} from '../../contract/index.ts'

export const problemContentType = 'application/problem+json; charset=utf-8'

/** The framework's own refusals, told without its message, which can hold a part of the body. */
const frameworkErrors: Readonly<
  Record<string, { code: OwnkeyErrorCode } & Pick<OwnkeyErrorOptions, 'detail' | 'fix' | 'facts'>>
> = {
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'request_invalid',
    detail: 'The body is not valid JSON.',
    fix: 'Send one JSON object.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'request_invalid', detail: 'The body is empty.', fix: 'Send one JSON object.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'request_invalid', detail: 'The body has another length than it says.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'media_type_unsupported' },
  FST_ERR_CTP_INVALID_TYPE: { code: 'media_type_unsupported' },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'body_too_large',
    detail: 'Bodies of this API have at most 64 KB.',
    facts: { limit: '64 KB' },
  },
  FST_ERR_BAD_URL: { code: 'not_found' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found' },
}

/** Whatever was thrown, as an error of ours. Unknown failures become `internal` and tell the caller nothing. */
export function asOwnkeyError(error: unknown): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const known = frameworkErrors[(error as { code?: string }).code ?? '']
  if (!known) return new OwnkeyError('internal', { cause: error })
  const { code, ...told } = known
  return new OwnkeyError(code, told)
}

/** @param instance the path that was called, without its query (which can hold secrets by mistake) */
export function toProblem(error: OwnkeyError, instance: string): Problem {
  return {
    type: `urn:ownkey:problem:${error.code}`,
    title: errorTable[error.code].message,
    status: error.status,
    detail: error.message,
    instance,
    code: error.code,
    fix: error.fix,
    ...(error.errors ? { errors: [...error.errors] } : {}),
    ...(error.facts ? { facts: { ...error.facts } } : {}),
  }
}

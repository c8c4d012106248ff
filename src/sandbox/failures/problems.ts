import type { ProblemKind } from '../call.ts'
import { anthropicError } from './anthropic.ts'
import type { FailureBody } from './failure.ts'
import { googleError, keyMissing, twoCredentials, wrongCredential } from './google.ts'
import { openAiError } from './openai-shaped.ts'
import { assemblyAiError, deepgramError, elevenLabsError, sarvamError } from './speech.ts'

/** How a provider answers a request that is wrong in itself. `subject`: the field, model, voice or route. */
type ProblemTable = Readonly<Partial<Record<ProblemKind, (subject: string) => FailureBody>>>

const said: Readonly<Record<ProblemKind, (subject: string) => string>> = {
  bad_json: () => 'The body of your request cannot be read as JSON. (sandbox)',
  missing_field: (subject) => `Missing required parameter: '${subject}'. (sandbox)`,
  invalid_field: (subject) => `Invalid value for '${subject}'. (sandbox)`,
  model_not_found: (subject) => `The model \`${subject}\` does not exist or you do not have access to it. (sandbox)`,
  voice_not_found: (subject) => `A voice with the voice_id ${subject} was not found. (sandbox)`,
  route_not_found: (subject) => `Invalid URL (${subject}). (sandbox)`,
  method_not_allowed: (subject) => `Not allowed to ${subject} here. (sandbox)`,
  body_too_large: () => 'The request is too large. (sandbox)',
  key_missing: () => 'You did not provide an API key. (sandbox)',
  two_credentials: () => 'Multiple credentials received. (sandbox)',
  wrong_credential: () => 'The credential does not belong here. (sandbox)',
}

const statuses: Readonly<Record<ProblemKind, number>> = {
  bad_json: 400,
  missing_field: 400,
  invalid_field: 400,
  model_not_found: 404,
  voice_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  key_missing: 401,
  two_credentials: 400,
  wrong_credential: 401,
}

type Shape = (problem: { kind: ProblemKind; status: number; message: string; subject: string }) => FailureBody

const shapes: Readonly<Record<ProblemDialect, Shape>> = {
  openai: ({ kind, status, message, subject }) =>
    openAiError(status, {
      message,
      type: 'invalid_request_error',
      code:
        kind === 'model_not_found' ? 'model_not_found' : kind === 'missing_field' ? 'missing_required_parameter' : null,
      param: kind.endsWith('_field') ? subject : null,
    }),
  anthropic: ({ status, message, kind, subject }) =>
    anthropicError(status, [
      anthropicTypes[status] ?? 'invalid_request_error',
      kind === 'model_not_found' ? `model: ${subject} (sandbox)` : message,
    ]),
  google: ({ status, message, subject, kind }) =>
    googleError(status, {
      message:
        kind === 'model_not_found'
          ? `models/${subject} is not found for API version v1beta, or is not supported for this method.`
          : message.replace(' (sandbox)', ''),
      status: status === 404 ? 'NOT_FOUND' : 'INVALID_ARGUMENT',
    }),
  elevenlabs: ({ kind, status, message, subject }) =>
    kind === 'missing_field' || kind === 'invalid_field' || kind === 'bad_json'
      ? { status: 422, body: { detail: [{ type: 'missing', loc: ['body', subject], msg: message }] } }
      : elevenLabsError(status, { status: kind === 'route_not_found' ? 'not_found' : kind, message }),
  sarvam: ({ status, message }) =>
    sarvamError(status, [
      status === 404 ? 'not_found_error' : 'invalid_request_error',
      message.replace(' (sandbox)', ''),
    ]),
  deepgram: ({ status, message }) => deepgramError(status, ['Bad Request', message.replace(' (sandbox)', '')]),
  assemblyai: ({ status, message }) => assemblyAiError(status, message.replace(' (sandbox)', '')),
  cohere: ({ status, message }) => ({ status, body: { id: '{requestId}', message } }),
}

export type ProblemDialect =
  | 'openai'
  | 'anthropic'
  | 'google'
  | 'elevenlabs'
  | 'sarvam'
  | 'deepgram'
  | 'assemblyai'
  | 'cohere'

const anthropicTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
}

/** What a provider says of it where that is not the dialect's plain form. */
const own: Readonly<Partial<Record<ProblemDialect, ProblemTable>>> = {
  google: {
    two_credentials: () => twoCredentials,
    wrong_credential: () => wrongCredential,
    key_missing: () => keyMissing,
  },
  sarvam: { key_missing: () => sarvamError(403, ['invalid_api_key_error', 'The API key is missing.']) },
  anthropic: {
    key_missing: () => anthropicError(401, ['authentication_error', 'x-api-key header is required (sandbox)']),
  },
  elevenlabs: {
    key_missing: () =>
      elevenLabsError(401, {
        status: 'needs_authorization',
        message: 'Neither authorization header nor xi-api-key received, please provide one. (sandbox)',
      }),
  },
}

export function problemBody(dialect: ProblemDialect, kind: ProblemKind, subject: string): FailureBody {
  const special = own[dialect]?.[kind]
  if (special) return special(subject)
  return shapes[dialect]({ kind, status: statuses[kind], message: said[kind](subject), subject })
}

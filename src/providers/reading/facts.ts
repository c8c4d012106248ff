import type { ProviderAnswer } from '../failure.ts'
import { unwrap } from '../parse-answer.ts'
import { at, type Json } from './is-record.ts'
import { errorLayers } from './layers.ts'

/** What an error body says, whatever its shape. */
export interface Facts {
  /** HTTP status; for an error inside a stream the one that its body names, or 0. */
  status: number
  /** Machine codes, most telling first, in lower case. Providers' sentences in code fields are among them. */
  codes: readonly string[]
  /** The same as the provider wrote them. */
  words: readonly string[]
  /** Human text, cut: patterns look at its beginning only. */
  message: string
  /** The innermost error object. */
  error: Json
  /** The whole body where it is an object. */
  body: Json
}

const messageLength = 1500
const empty: Json = {}

export function readFacts(answer: ProviderAnswer): Facts {
  const parsed = unwrap(answer.body)
  const layers = errorLayers(parsed)
  const coded = codesOf(layers, answer.headers).flatMap(spellings)
  const raw = layers.length === 0 ? [...coded, ...codesInText(parsed)] : coded
  return {
    status: answer.status >= 300 ? answer.status : (statusInside(layers) ?? 0),
    codes: raw.map(({ code }) => code),
    words: raw.map(({ word }) => word),
    message: messageOf(parsed, layers, answer.headers).slice(0, messageLength),
    error: layers[0] ?? empty,
    body: layers.at(-1) ?? empty,
  }
}

/** `invalid-api-key` and `invalidApiKey` are `invalid_api_key` too. */
function spellings(word: string): { code: string; word: string }[] {
  if (word === '') return []
  const code = word.toLowerCase()
  const joined = word
    .replace(/([a-z\d])(?=[A-Z])/g, '$1_')
    .replaceAll('-', '_')
    .toLowerCase()
  return joined === code ? [{ code, word }] : [code, joined].map((spelled) => ({ code: spelled, word }))
}

/** A text may be a code, or hold one. It is never told on: any other text may hold such words, too. */
function codesInText(body: unknown): { code: string; word: string }[] {
  if (typeof body !== 'string' || /^\s*</.test(body)) return []
  const words = body.slice(0, messageLength).match(/\b[a-z]+(?:_[a-z]+)+\b/gi) ?? []
  return words.map((word) => ({ code: word.toLowerCase(), word: '' }))
}

/** The order in which codes are trusted; of one kind the innermost is first. */
function codesOf(layers: readonly Json[], headers: ProviderAnswer['headers']): string[] {
  const each = (read: (layer: Json) => unknown): unknown[] => layers.map(read)
  const outside = layers.slice(1)
  return [
    ...layers.flatMap(reasonsOf),
    layers[0]?.['code'],
    ...each((layer) => at(layer, 'details', 'error_code')),
    ...each((layer) => layer['status']),
    ...each((layer) => layer['err_code']),
    ...each((layer) => layer['category']),
    ...outside.map((layer) => layer['code']),
    ...each((layer) => layer['error_code']),
    headers['x-amzn-errortype']?.split(/[:#]/)[0],
    ...each((layer) =>
      String(layer['__type'] ?? '')
        .split('#')
        .at(-1),
    ),
    headers['dg-error'],
    ...each((layer) => at(layer, 'innererror', 'code')),
    ...each((layer) => at(layer, 'inner_error', 'code')),
    layers[0]?.['type'],
    ...each((layer) => layer['error']),
    ...outside.map((layer) => layer['type']),
  ].map((value) => (typeof value === 'string' ? value.trim() : isOwnNumber(value) ? String(value) : ''))
}

/** Google's `details[].reason`. */
function reasonsOf(layer: Json): unknown[] {
  const details = layer['details']
  return Array.isArray(details) ? details.map((detail) => at(detail, 'reason')) : []
}

/** Mistral numbers its codes (3505); numbers that are HTTP statuses are not codes. */
const isOwnNumber = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1000

/** A code that may be told on is a word: no sentence, and no secret (a long run of letters and digits mixed). */
export function isWord(code: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_.+-]{1,63}$/.test(code) || code === 'error') return false
  return code.split(/[_.+-]/).every((part) => part.length <= 40 && !(part.length > 12 && /\d/.test(part)))
}

function messageOf(parsed: unknown, layers: readonly Json[], headers: ProviderAnswer['headers']): string {
  if (typeof parsed === 'string' && layers.length === 0) return /^\s*</.test(parsed) ? '' : parsed
  const fields = [
    'message',
    'err_msg',
    'faultstring',
    'msg',
    'error_msg',
    'error',
    'detail',
    'error_description',
    'description',
    'details',
    'reason',
    'title',
  ]
  const candidates = [...fields.flatMap((name) => layers.map((layer) => layer[name])), headers['dg-error']]
  const texts = candidates.map(textOf).filter((text) => text !== '')
  return [...new Set(texts)].join('\n')
}

/** FastAPI's validation answers are arrays of `{loc, msg, type}`. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value))
    return value
      .map((item) => at(item, 'msg'))
      .filter((item) => typeof item === 'string')
      .join('\n')
  return ''
}

const statusByType: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  insufficient_quota: 429,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  tokens: 429,
  requests: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
  server_is_overloaded: 503,
  throttlingexception: 429,
  validationexception: 400,
  accessdeniedexception: 403,
  modelstreamerrorexception: 424,
  modelerrorexception: 424,
  modeltimeoutexception: 408,
  internalserverexception: 500,
  serviceunavailableexception: 503,
  service_unavailable_error: 503,
  // gRPC's names, which Google uses, and the words of others' gateways.
  invalid_argument: 400,
  failed_precondition: 400,
  bad_request: 400,
  invalid_json: 400,
  unauthenticated: 401,
  unauthorized: 401,
  permission_denied: 403,
  forbidden: 403,
  not_found: 404,
  resource_exhausted: 429,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
  deadline_exceeded: 504,
  payload_too_large: 413,
  // gRPC's sentences for the same, which xAI writes where others have codes.
  client_specified_an_invalid_argument: 400,
  the_request_does_not_have_valid_authentication_credentials: 401,
  the_caller_does_not_have_permission_to_execute_the_specified_operation: 403,
  some_requested_entity_was_not_found: 404,
  some_resource_has_been_exhausted: 429,
  the_service_is_currently_unavailable: 503,
}

/** An error inside a 200 names its status as a number (Google, OpenRouter) or by its code or type. */
function statusInside(layers: readonly Json[]): number | undefined {
  for (const layer of layers) {
    for (const value of [layer['code'], layer['status_code'], layer['status'], layer['statusCode']]) {
      const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
      if (typeof number === 'number' && number >= 400 && number <= 599) return number
    }
  }
  for (const value of layers.flatMap((layer) =>
    ['code', 'type', 'status', 'category', 'err_code'].map((name) => layer[name]),
  )) {
    const status = typeof value === 'string' ? statusOfWord(value) : undefined
    if (status !== undefined) return status
  }
  return undefined
}

function statusOfWord(value: string): number | undefined {
  const word = value.toLowerCase().replace(/:.*/s, '').replace(/[ -]/g, '_')
  return statusByType[word] ?? (aboutRequest.test(word) ? 400 : undefined)
}

const aboutRequest = /^(invalid_(request|argument|param|json|value|input)|unsupported_(param|value)|validation_error)/

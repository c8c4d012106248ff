import { unwrap } from '../parse-answer.ts'
import type { ProviderAnswer } from '../provider.ts'
import { at, isRecord, type Json } from './is-record.ts'

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
  const body = isRecord(parsed) ? parsed : empty
  const error = errorOf(body)
  const raw = codesOf(body, error, answer.headers).filter((code) => code !== '')
  return {
    status: answer.status >= 300 ? answer.status : (statusInside(body, error) ?? 0),
    codes: raw.map((word) => word.toLowerCase()),
    words: raw,
    message: messageOf(parsed, body, error, answer.headers).slice(0, messageLength),
    error,
    body,
  }
}

/** `error` (OpenAI, Google), `response.error` (Responses API), `detail` (ElevenLabs, FastAPI), or the body (Cohere). */
function errorOf(body: Json): Json {
  const choice = Array.isArray(body['choices']) ? at(body['choices'][0], 'error') : undefined
  const socket = body['type'] === 'error' ? body['data'] : undefined
  const named = [body['error'], at(body, 'response', 'error'), body['detail'], choice, socket]
  return named.find(isRecord) ?? bedrockException(body) ?? body
}

/** Bedrock's streams name the exception as the only key: `{"throttlingException": {"message": …}}`. */
function bedrockException(body: Json): Json | undefined {
  const name = Object.keys(body).find((key) => /(Exception|Error)$/.test(key))
  const value = name === undefined ? undefined : body[name]
  return name !== undefined && isRecord(value) ? { ...value, code: name } : undefined
}

/** The order in which codes are trusted. */
function codesOf(body: Json, error: Json, headers: ProviderAnswer['headers']): string[] {
  const details = Array.isArray(error['details']) ? error['details'] : []
  return [
    ...details.map((detail) => at(detail, 'reason')),
    error['code'],
    at(error, 'details', 'error_code'),
    error['status'],
    body['err_code'],
    body['category'],
    body['code'],
    headers['x-amzn-errortype']?.split(/[:#]/)[0],
    String(body['__type'] ?? '')
      .split('#')
      .at(-1),
    headers['dg-error'],
    at(error, 'innererror', 'code'),
    at(error, 'inner_error', 'code'),
    error['type'],
    typeof body['error'] === 'string' ? body['error'] : undefined,
    body['type'],
  ].map((value) => (typeof value === 'string' ? value.trim() : isOwnNumber(value) ? String(value) : ''))
}

/** Mistral numbers its codes (3505); numbers that are HTTP statuses are not codes. */
const isOwnNumber = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1000

/** A code that may be told on is a word: no sentence, and no secret (a long run of letters and digits mixed). */
export function isWord(code: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_.+-]{1,63}$/.test(code) || code === 'error') return false
  return code.split(/[_.+-]/).every((part) => part.length <= 40 && !(part.length > 12 && /\d/.test(part)))
}

function messageOf(parsed: unknown, body: Json, error: Json, headers: ProviderAnswer['headers']): string {
  if (typeof parsed === 'string') return /^\s*</.test(parsed) ? '' : parsed
  const candidates = [
    error['message'],
    error['Message'],
    body['message'],
    body['Message'],
    body['err_msg'],
    body['error'],
    body['detail'],
    body['error_description'],
    body['details'],
    body['reason'],
    headers['dg-error'],
  ]
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
  tokens: 429,
  requests: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
  throttlingexception: 429,
  validationexception: 400,
  accessdeniedexception: 403,
  modelstreamerrorexception: 424,
  modelerrorexception: 424,
  modeltimeoutexception: 408,
  internalserverexception: 500,
  serviceunavailableexception: 503,
}

/** An error inside a 200 names its status as a number (Google, OpenRouter) or by its type. */
function statusInside(body: Json, error: Json): number | undefined {
  for (const value of [error['code'], error['status_code'], error['status'], body['status'], body['code']]) {
    const number = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
    if (typeof number === 'number' && number >= 400 && number <= 599) return number
  }
  for (const value of [error['type'], error['code'], body['code']]) {
    const status = typeof value === 'string' ? statusByType[value.toLowerCase()] : undefined
    if (status !== undefined) return status
  }
  return undefined
}

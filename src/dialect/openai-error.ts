import type { Dialect, ErrorClass } from '../contract/index.ts'
import { errorLayers, type Failure, type Provider, parseBody, tellingEvent } from '../providers/index.ts'
import { recordOf } from './json.ts'

/** A provider's failure as OpenAI would have told it. */
export interface OpenaiError {
  status: number
  body: Buffer
}

interface Words {
  /** For failures that opened a 200 stream, which have no status of their own. */
  status: number
  type: string
  code: string
}

const words: Readonly<Record<ErrorClass, Words>> = {
  invalid_key: { status: 401, type: 'authentication_error', code: 'invalid_api_key' },
  permission_denied: { status: 403, type: 'permission_error', code: 'permission_denied' },
  quota_exhausted: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  rate_limited: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  provider_error: { status: 503, type: 'server_error', code: 'provider_error' },
  network: { status: 502, type: 'server_error', code: 'network' },
  model_unavailable: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  content_refused: { status: 400, type: 'invalid_request_error', code: 'content_filter' },
  request_invalid: { status: 400, type: 'invalid_request_error', code: 'request_invalid' },
}

/** Dialects whose types and codes are OpenAI's, or close to them. */
const inOpenaisWords: ReadonlySet<Dialect> = new Set(['openai', 'flat'])

interface Told {
  status: number
  /** Already without secrets. */
  body: Buffer
  contentType: string
  failure: Failure
  provider: Pick<Provider, 'name' | 'dialect'>
}

/** The provider's status and sentence in OpenAI's shape, so that OpenAI's SDK raises what it would for OpenAI. */
export function toOpenaiError({ status, body, contentType, failure, provider }: Told): OpenaiError {
  const told = errorIn(parseBody(body, contentType))
  const { type, code, status: usual } = words[failure.class]
  const speaks = inOpenaisWords.has(provider.dialect)
  const error = {
    message: told.message ?? `${provider.name} answered ${status} without an explanation.`,
    type: speaks ? (told.type ?? type) : type,
    param: told.param ?? null,
    code: speaks ? (told.code ?? code) : code,
    provider: provider.name,
  }
  return { status: status >= 400 ? status : usual, body: Buffer.from(JSON.stringify({ error })) }
}

interface Read {
  message?: string | undefined
  type?: string | undefined
  param?: string | undefined
  code?: string | undefined
}

/** Every shape in which a provider tells its sentence: in `error`, in `detail`, at the top, in an event, or as bare text. */
function errorIn(body: unknown): Read {
  const layers = errorLayers(body)
  if (typeof body === 'string' && layers.length === 0) return { message: sentenceIn(body) }
  const first = (names: readonly string[], from = layers): string | undefined =>
    names.flatMap((name) => from.map((layer) => text(layer, name))).find((found) => found !== undefined)
  const complaints = layers.map((layer) => listed(layer['detail'])).find((found) => found !== undefined)
  return {
    message: first(['message', 'msg', 'err_msg', 'error_msg', 'error', 'detail', 'error_description']) ?? complaints,
    type: first(['type'], layers.slice(0, 1)),
    param: first(['param'], layers.slice(0, 1)),
    code: first(['code']),
  }
}

/** Bare text, or the data of the event that says it; nothing of a page. */
function sentenceIn(body: string): string | undefined {
  const event = tellingEvent(body)
  const said = event === undefined ? body : parseBody(event.data)
  return typeof said !== 'string' || /^\s*</.test(said) ? undefined : nonEmpty(said.trim().slice(0, 2_000))
}

/** FastAPI's list of what is wrong. */
function listed(detail: unknown): string | undefined {
  if (!Array.isArray(detail)) return undefined
  return nonEmpty(
    detail
      .map((one) => text(recordOf(one), 'msg') ?? '')
      .filter(Boolean)
      .join('; '),
  )
}

function text(from: Readonly<Record<string, unknown>>, field: string): string | undefined {
  return nonEmpty(from[field])
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

import type { StreamEvent } from '../stream-opening.ts'
import { at, isRecord } from './is-record.ts'

/** What the first events of a stream are: a failure's, a preamble's, or content's. */

export const failureNames = /^(error|exception|fault|response\.(failed|error)|.{1,60}(Exception|_error))$/

export function isFailureEvent({ name, data }: StreamEvent): boolean {
  if (name !== undefined && failureNames.test(name)) return true
  if (Array.isArray(data)) return data.some((item) => isFailureEvent({ data: item }))
  if (!isRecord(data)) return false
  const type = data['type']
  if (tellsError(data) || (typeof type === 'string' && failureNames.test(type))) return true
  if (typeof data['error'] === 'string' && data['choices'] === undefined) return true
  return isBareError(data)
}

/** True for a body that is an error although its status says otherwise. */
export function tellsError(body: unknown): boolean {
  if (Array.isArray(body)) return body.some(tellsError)
  if (!isRecord(body)) return false
  if (isRecord(body['error']) && Object.keys(body['error']).length > 0) return true
  return Array.isArray(body['choices']) && isRecord(at(body['choices'][0], 'error'))
}

/**
 * An error that stands in no wrapper, as Cerebras, Cohere, Deepgram, Mistral and the servers before others write it: a sentence,
 * and beside it nothing but what errors have.
 */
function isBareError(data: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(data)
  if (names.length === 1 && /Exception$/.test(names[0] ?? '')) return true
  if (typeof data['err_code'] === 'string' || data['object'] === 'error') return true
  const says = sentences.some((name) => typeof data[name] === 'string' && data[name] !== '') || isDetail(data['detail'])
  return says && names.every((name) => ofErrors.has(name.charAt(0).toLowerCase() + name.slice(1)))
}

const isDetail = (detail: unknown): boolean =>
  (isRecord(detail) || Array.isArray(detail)) && Object.keys(detail).length > 0
const sentences = ['message', 'Message', 'err_msg', 'detail', 'error']
const ofErrors: ReadonlySet<string> = new Set([
  ...[
    'message',
    'err_msg',
    'detail',
    'error',
    'details',
    'code',
    'type',
    'param',
    'status',
    'statusCode',
    'status_code',
  ],
  ...[
    'err_code',
    'error_code',
    'category',
    'object',
    'id',
    'request_id',
    'requestId',
    'doc_url',
    'errors',
    'fix',
    'path',
  ],
  ...['timestamp', 'raw_status_code', 'title', 'reason'],
])

/**
 * Events before the first content, and those that only keep a connection open: of OpenAI's Responses API, Anthropic's Messages,
 * Google's Interactions, Cohere and Amazon; and what Azure says of the prompt.
 */
const preambleEvents: ReadonlySet<string> = new Set([
  'response.created',
  'response.in_progress',
  'response.queued',
  'message_start',
  'message-start',
  'ping',
  'keepalive',
  'interaction.start',
  'interaction.created',
  'interaction.status_update',
  'messageStart',
])
export function isPreamble({ name, data }: StreamEvent): boolean {
  const type = at(data, 'type') ?? at(data, 'event_type')
  if (preambleEvents.has(name ?? '') || (typeof type === 'string' && preambleEvents.has(type))) return true
  const choices = at(data, 'choices')
  return Array.isArray(choices) && choices.length === 0 && at(data, 'prompt_filter_results') !== undefined
}

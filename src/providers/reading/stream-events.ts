import type { StreamEvent } from '../stream-opening.ts'
import { at, isRecord, type Json } from './is-record.ts'

/** What the first events of a stream are: a failure's, a preamble's, or content's. */

export const failureNames = /^(error|exception|fault|response\.(failed|error)|.{1,60}(Exception|_error))$/

export function isFailureEvent({ name, data }: StreamEvent): boolean {
  if (name !== undefined && failureNames.test(name)) return true
  if (Array.isArray(data)) return data.some((item) => isFailureEvent({ data: item }))
  if (!isRecord(data)) return false
  const { type, error, choices } = data
  if (typeof type === 'string' && failureNames.test(type)) return true
  return (typeof error === 'string' && error !== '' && choices === undefined) || tellsFailure(data)
}

/** A body that is a failure although its status says otherwise. A text in `error` alone may be a job's, which was asked about. */
export function tellsFailure(body: unknown): boolean {
  if (Array.isArray(body)) return body.some(tellsFailure)
  return isRecord(body) && (tellsError(body) || isBareError(body) || isEmptyRefusal(body))
}

/** An error where every vendor that has one in a success puts it. */
function tellsError({ error, choices }: Json): boolean {
  if (isRecord(error) && Object.keys(error).length > 0) return true
  return Array.isArray(choices) && isRecord(at(choices[0], 'error'))
}

/**
 * An error that stands in no wrapper, as Cerebras, Cohere, Deepgram, Mistral and the servers before others write it: a sentence,
 * and beside it nothing but what errors have.
 */
function isBareError(data: Json): boolean {
  const names = Object.keys(data)
  if (names.length === 1 && /Exception$/.test(names[0] ?? '')) return true
  if (typeof data['err_code'] === 'string' || data['object'] === 'error') return true
  const says = sentences.some((name) => typeof data[name] === 'string' && data[name] !== '') || isDetail(data['detail'])
  return says && names.every(isOfErrors) && !affirms(data)
}

/** What some gateways answer with status 200: that it failed, by a word or by a status of its own, and nothing that was asked for. */
function isEmptyRefusal(data: Json): boolean {
  const { errors } = data
  const denies = verdicts.some((name) => data[name] === false) || (Array.isArray(errors) && errors.length > 0)
  if (!denies && !statusesOf(data).some((status) => status >= 400 && status <= 599)) return false
  return Object.entries(data).every(([name, value]) => isOfErrors(name) || isNothing(value))
}

/** It succeeded, as it says itself. */
const affirms = (data: Json): boolean =>
  verdicts.some((name) => data[name] === true) ||
  statusesOf(data).some((status) => status === 0 || (status >= 200 && status < 400))
const verdicts = ['success', 'ok']

const statusesOf = (data: Json): number[] =>
  ['code', 'status', 'statusCode', 'status_code']
    .map((name) => data[name])
    .filter((value) => typeof value === 'number' || (typeof value === 'string' && /^\d{1,3}$/.test(value)))
    .map(Number)

const isNothing = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
const isDetail = (detail: unknown): boolean => typeof detail === 'object' && !isNothing(detail)
const isOfErrors = (name: string): boolean => ofErrors.has(name.charAt(0).toLowerCase() + name.slice(1))
const sentences = ['message', 'Message', 'err_msg', 'error_msg', 'detail', 'error']
const ofErrors: ReadonlySet<string> = new Set([
  ...['message', 'msg', 'err_msg', 'error_msg', 'detail', 'error', 'details', 'code', 'type', 'param'],
  ...['status', 'statusCode', 'status_code', 'raw_status_code', 'success', 'ok'],
  ...['err_code', 'error_code', 'category', 'object', 'id', 'request_id', 'requestId', 'doc_url', 'errors'],
  ...['fix', 'path', 'timestamp', 'title', 'reason'],
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

import type { IncomingHttpHeaders } from 'node:http'
import type { Behaviour } from './behaviour.ts'
import type { Form } from './read-form.ts'

export type JsonObject = Record<string, unknown>

/** One request to a played provider. */
export interface Call {
  /** The catalogue's id, first part of the path. */
  provider: string
  method: string
  /** Behind the provider, without query. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  behaviour: Behaviour
  /** Unique within this sandbox; says sandbox. */
  requestId: string
  /** Named groups of the route's expression. */
  parts: Readonly<Record<string, string | undefined>>
  /** The body with which this provider says that it is overloaded; what a stream breaks off with. */
  overloaded: unknown
  /** @throws Problem `bad_json` when the body is no JSON object */
  json(): Promise<JsonObject>
  /** Reads multipart or urlencoded bodies; files are counted and dropped. */
  form(): Promise<Form>
  /** Reads the body to its end and drops it. @returns its bytes */
  drain(): Promise<number>
}

/** What is to be answered; `play-answer.ts` puts it on the wire as the key's behaviour says. */
export type Answer = JsonAnswer | BytesAnswer | StreamAnswer

interface AnswerHead {
  status?: number
  headers?: Readonly<Record<string, string>>
}

export interface JsonAnswer extends AnswerHead {
  json: unknown
}

interface BytesAnswer extends AnswerHead {
  bytes: Buffer
}

export interface StreamAnswer extends AnswerHead {
  pieces: readonly (string | Buffer)[]
  /** The provider's error event, written where a `midstream` key breaks off. */
  broken?: string | Buffer
}

/** Why a request would be refused, whoever the provider is. */
export type ProblemKind =
  | 'bad_json'
  | 'missing_field'
  | 'invalid_field'
  | 'model_not_found'
  | 'voice_not_found'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'key_missing'
  | 'two_credentials'
  | 'wrong_credential'

/** A request that the provider would refuse; the provider's table says how. */
export class Problem extends Error {
  readonly kind: ProblemKind
  /** The field, model, voice or route that it is about. */
  readonly subject: string

  constructor(kind: ProblemKind, subject = '') {
    super(kind)
    this.kind = kind
    this.subject = subject
  }
}

export interface Route {
  method: string
  /** Tested on the path behind the provider; named groups become `parts`. */
  path: RegExp
  answer(call: Call): Answer | Promise<Answer>
  /** Its path leaves open what stands before it: played where the catalogue has the whole of it. */
  behindAnyPath?: true
  /** True where a `midstream` key breaks off; default: every method but GET. */
  breaks?: boolean
}

/** A required string of a body. */
export function textField(body: JsonObject, name: string): string {
  const value = body[name]
  if (value === undefined || value === null || value === '') throw new Problem('missing_field', name)
  if (typeof value !== 'string') throw new Problem('invalid_field', name)
  return value
}

/** The model that a request names; a name with `missing` in it is one that does not exist. */
export function modelField(name: unknown, fallback?: string): string {
  const model = name ?? fallback
  if (typeof model !== 'string' || model === '') throw new Problem('missing_field', 'model')
  if (model.includes('missing')) throw new Problem('model_not_found', model)
  return model
}

/** A required, non-empty list of a body. */
export function listField(body: JsonObject, name: string): unknown[] {
  const value = body[name]
  if (value === undefined) throw new Problem('missing_field', name)
  if (!Array.isArray(value) || value.length === 0) throw new Problem('invalid_field', name)
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an object, or an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** An optional count of a body, within what the sandbox is willing to make. @throws Problem `invalid_field` */
export function countField(body: JsonObject, name: string, most: number): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most) {
    throw new Problem('invalid_field', name)
  }
  return value
}

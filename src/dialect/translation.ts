import type { OpenaiRoute, Provider } from '../providers/index.ts'

/** One request as the caller wrote it, for OpenAI's API. */
export interface DialectCall {
  route: OpenaiRoute
  contentType: string
  body: Buffer
}

/** Who is to serve it. */
export interface Target {
  provider: Pick<Provider, 'name' | 'openai' | 'translations'>
  model: string
  /** Seconds since 1970, for the answer's `created`. */
  created: number
}

/** The request as the provider takes it, and how its answer is told in OpenAI's words. */
export interface UpstreamMessage {
  /** Behind the provider's origin, with query. */
  path: string
  contentType: string
  /** Name, value, name, value …; besides the content type and the credential. */
  headers: readonly string[]
  body: Buffer
  answer: AnswerTranslation
}

/** How a successful answer is translated. What has no translation passes byte for byte. */
export interface AnswerTranslation {
  /** For an answer that is not an event stream: it is awaited whole. */
  whole?(body: Buffer): WholeAnswer
  /** For an event stream; one object a stream. */
  stream?(): StreamTranslation
  /** What an answer that passes unchanged must be: a document (JSON or events) or sound. Absent: anything, even a web page. */
  passes?: 'document' | 'sound'
}

export interface WholeAnswer {
  contentType: string
  body: Buffer
}

/** Turns the provider's events into OpenAI's, in whatever pieces the bytes come. */
export interface StreamTranslation {
  feed(chunk: Buffer): string
  /** What is still to be said when the provider's stream is over. */
  end(): string
}

export type Translation = (call: DialectCall, target: Target) => UpstreamMessage

export function jsonAnswer(value: unknown): WholeAnswer {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)) }
}

export interface JsonMessage {
  path: string
  /** Name, value, name, value …; default: none. */
  headers?: readonly string[]
  json: unknown
  answer: AnswerTranslation
}

export function jsonMessage({ path, headers = [], json, answer }: JsonMessage): UpstreamMessage {
  return { path, headers, contentType: 'application/json', body: Buffer.from(JSON.stringify(json)), answer }
}

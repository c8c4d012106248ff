import type { Failure } from './failure.ts'

/** One server-sent event: its name, if any, and the parsed JSON of its data, or the text. */
export interface StreamEvent {
  name?: string
  data: unknown
}

/** One event of a stream that is framed in another way: its name, if any, and its payload, JSON as a rule. */
export interface StreamFrame {
  name?: string
  text: string
}

/** How a stream that is not made of server-sent events is taken apart. */
export interface StreamFraming {
  /** The `content-type` of such streams, in lower case, without parameters. */
  contentType: string
  /** Gives each frame once it is whole. Bytes that are no frame end the reading: what follows them gives none. */
  reader(): (chunk: Buffer) => StreamFrame[]
}

/** What the first events of a stream tell: hold on, go, or this stream is a failure. */
export type StreamOpening = 'preamble' | 'content' | Failure

import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { HeaderPairs, RecordedRequest } from './upstream-journal.ts'

/** What a responder works with. `response` is Node's own, for all that no function here does. */
export interface UpstreamExchange {
  request: RecordedRequest
  incoming: IncomingMessage
  response: ServerResponse
  /** Ends the connection with a TCP reset. */
  reset(): void
  /** Closes the connection in order (FIN), whatever was promised in the head. */
  cut(): void
}

export type Answer = (exchange: UpstreamExchange) => void | Promise<void>

/**
 * An answer and when it is given: after the body was read (`first`, what a function alone means), while it is still
 * coming (`meanwhile`), or without ever reading it (`never`: the sender runs into backpressure).
 */
export interface Responder {
  answer: Answer
  reads: 'first' | 'meanwhile' | 'never'
}

/** One thing that happens on the wire; `script` plays them in order. */
export type Step = (exchange: UpstreamExchange) => void | Promise<void>

export function script(...steps: Step[]): Answer {
  return async (exchange) => {
    for (const step of steps) {
      if (exchange.response.destroyed) return
      await step(exchange)
    }
  }
}

/** Headers as an object, or as pairs where case, order or repetition matter. */
export type HeaderInput = Readonly<Record<string, string>> | HeaderPairs

const asPairs = (headers: HeaderInput): HeaderPairs => (Array.isArray(headers) ? headers : Object.entries(headers))

/** Sends the head now. Without `content-length` the body is chunked. */
export function head(status = 200, headers: HeaderInput = {}): Step {
  return ({ response }) => {
    // Node accepts pairs here, its types do not say so.
    response.writeHead(status, asPairs(headers) as never)
    response.flushHeaders()
  }
}

/** Writes and waits until the bytes are handed to the kernel, or the peer is gone. */
export function write(bytes: string | Uint8Array): Step {
  return async ({ response, request }) => {
    await Promise.race([new Promise((resolve) => response.write(bytes, resolve)), request.ended])
  }
}

/** Holds on until the test says so, or the peer is gone. */
export function until(raised: Promise<unknown>): Step {
  return async ({ request }) => {
    await Promise.race([raised, request.ended])
  }
}

/** Tells the test that the script has come to this point. */
export function tell(raise: () => void): Step {
  return () => raise()
}

export function informational(status: 102 | 103, headers: Record<string, string> = {}): Step {
  return ({ response }) => {
    if (status === 102) response.writeProcessing()
    else response.writeEarlyHints({ link: '</next>; rel=preload', ...headers })
  }
}

/** Ends the answer. Trailers need a chunked body and a `trailer` header. */
export function end(trailers?: Record<string, string>): Step {
  return ({ response }) => {
    if (trailers) response.addTrailers(trailers)
    response.end()
  }
}

export const reset: Step = (exchange) => exchange.reset()
export const cut: Step = (exchange) => exchange.cut()
/** Never goes on; ends when the peer goes away. */
export const hang: Step = async ({ request }) => {
  await request.ended
}

/** Bytes straight onto the socket, past Node's HTTP: for answers that no correct server gives. */
export function wire(bytes: string | Uint8Array): Step {
  return ({ response }) => new Promise((resolve) => void response.socket?.write(bytes, () => resolve()))
}

export interface BodyOptions {
  status?: number
  headers?: HeaderInput
  /** Default `length`. */
  framing?: 'length' | 'chunked'
  /** `broken_gzip`: a gzip header and then nothing that can be unpacked. */
  encoding?: 'gzip' | 'broken_gzip'
}

export function bytes(body: string | Uint8Array, options: BodyOptions = {}): Answer {
  const plain = Buffer.from(body)
  const packed = options.encoding ? gzipSync(plain) : plain
  if (options.encoding === 'broken_gzip') packed.fill(0xff, 10)
  const headers = asPairs(options.headers ?? {}).slice()
  if (options.encoding) headers.push(['content-encoding', 'gzip'])
  if (options.framing !== 'chunked') headers.push(['content-length', String(packed.length)])
  return script(head(options.status ?? 200, headers), write(packed), end())
}

export function json(value: unknown, options: BodyOptions = {}): Answer {
  const headers: HeaderPairs = [['content-type', 'application/json'], ...asPairs(options.headers ?? {})]
  return bytes(JSON.stringify(value), { ...options, headers })
}

/** An SSE event: its data (objects become JSON) and, where the provider names events, its name. */
export type SseEvent = string | { event?: string; data: unknown }

function eventText(event: SseEvent): string {
  const { event: name, data } = typeof event === 'string' ? { event: undefined, data: event } : event
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `${name ? `event: ${name}\n` : ''}data: ${text}\n\n`
}

export interface SseOptions {
  status?: number
  headers?: HeaderInput
  /** Bytes in one write: 1 splits at every byte. Default: one write an event. */
  pieceBytes?: number
  /** Called before each event; the stream goes on when the promise resolves. */
  before?: (index: number) => Promise<unknown> | undefined
  /** What ends the stream; default `end()`. */
  last?: Step
}

export function sse(events: readonly SseEvent[], options: SseOptions = {}): Answer {
  const headers: HeaderPairs = [['content-type', 'text/event-stream'], ...asPairs(options.headers ?? {})]
  const steps: Step[] = [head(options.status ?? 200, headers)]
  events.forEach((event, index) => {
    const pause = options.before
    if (pause) steps.push((exchange) => until(Promise.resolve(pause(index)))(exchange))
    const whole = Buffer.from(eventText(event))
    const size = options.pieceBytes ?? whole.length
    for (let at = 0; at < whole.length; at += size) steps.push(write(whole.subarray(at, at + size)))
  })
  return script(...steps, options.last ?? end())
}

export function redirect(location: string, status: 301 | 302 | 303 | 307 | 308 = 302): Answer {
  return bytes('', { status, headers: { location } })
}

/** Headers that no allowlist knows: names, cases, repetitions, a cookie. For tests of what comes through. */
export function oddHeaders(count = 50): HeaderPairs {
  const odd: HeaderPairs = Array.from({ length: count }, (_, index) => [`X-Odd-${index}`, `value ${index}`])
  return [
    ...odd,
    ['Set-Cookie', 'upstream=1; Path=/'],
    ['Set-Cookie', 'second=2'],
    ['Server', 'upstream'],
    ['Via', '1.1 upstream'],
  ]
}

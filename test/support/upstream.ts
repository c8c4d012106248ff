/**
 * A real HTTP server on loopback that plays any provider in tests. It records what comes over the wire and answers as
 * the test says, pausing only on signals that the test raises.
 *
 * ```ts
 * const upstream = await startUpstream()
 * upstream.on('POST /v1/chat/completions', sse([{ data: { a: 1 } }, '[DONE]'], { pieceBytes: 1 }))
 * …
 * expect(upstream.journal.requests).toHaveLength(0)
 * ```
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import {
  type Answer,
  bytes,
  type HeaderInput,
  json,
  type Responder,
  type UpstreamExchange,
} from './upstream-answers.ts'
import { type Journal, openJournal, type RecordedRequest, type Recording } from './upstream-journal.ts'

export * from './upstream-answers.ts'
export * from './upstream-journal.ts'

/** `POST /v1/models`, `/v1/models` (any method; without query), an expression on the raw target, or a test of one's own. */
export type Matcher = string | RegExp | ((request: RecordedRequest) => boolean)

export type UpgradeHandler = (socket: WebSocket, request: RecordedRequest) => void

export interface UpgradeOptions {
  /** Picks one of the offered subprotocols; default: none. */
  protocol?: (offered: Set<string>) => string | false
  /** Of the 101, beside those of the handshake. */
  headers?: Record<string, string>
}

/** An upgrade that is answered with a plain HTTP answer instead. */
export interface UpgradeRefusal {
  status: number
  headers?: Record<string, string>
  body?: string
}

export interface UpstreamOptions {
  /** How much of each request body is held for `body()`; default 4 MiB. */
  keepBodyBytes?: number
  /** Default 127.0.0.1. */
  host?: string
  port?: number
}

export interface Upstream {
  /** `http://127.0.0.1:port` */
  origin: string
  journal: Journal
  /** The newest responder that matches answers. Returns a function that takes it away. */
  on(matcher: Matcher, responder: Answer | Responder): () => void
  onUpgrade(matcher: Matcher, handler: UpgradeHandler | UpgradeRefusal, options?: UpgradeOptions): () => void
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

interface Rule<T> {
  matcher: Matcher
  use: T
}

interface Upgrade {
  handler: UpgradeHandler | UpgradeRefusal
  options: UpgradeOptions
}

export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const writer = openJournal(options.keepBodyBytes ?? 4 * 1024 * 1024)
  const responders: Rule<Answer | Responder>[] = []
  const upgrades: Rule<Upgrade>[] = []
  const sockets = new Set<Socket>()
  const server = createServer({
    maxHeaderSize: 256 * 1024,
    keepAliveTimeout: 60_000,
    requestTimeout: 0,
    headersTimeout: 0,
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    writer.open(socket)
  })
  server.on('request', (incoming, response) => {
    void answer(writer.record(incoming, false), { incoming, response, responders })
  })
  server.on('upgrade', (incoming, socket: Socket, rest) => {
    upgrade(writer.record(incoming, true), { incoming, socket, rest, upgrades })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://${options.host ?? '127.0.0.1'}:${port}`,
    journal: writer.journal,
    on: (matcher, responder) => add(responders, { matcher, use: responder }),
    onUpgrade: (matcher, handler, upgradeOptions = {}) =>
      add(upgrades, { matcher, use: { handler, options: upgradeOptions } }),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function add<T>(rules: Rule<T>[], rule: Rule<T>): () => void {
  rules.unshift(rule)
  return () => {
    const index = rules.indexOf(rule)
    if (index >= 0) rules.splice(index, 1)
  }
}

function find<T>(rules: readonly Rule<T>[], request: RecordedRequest): T | undefined {
  return rules.find(({ matcher }) => matches(matcher, request))?.use
}

function matches(matcher: Matcher, request: RecordedRequest): boolean {
  if (typeof matcher === 'function') return matcher(request)
  if (matcher instanceof RegExp) return matcher.test(request.target)
  return matcher === request.path || matcher === `${request.method} ${request.path}`
}

interface Incoming {
  incoming: IncomingMessage
  response: ServerResponse
  responders: readonly Rule<Answer | Responder>[]
}

const nobody: Answer = json({ error: { message: 'no responder matches this request' } }, { status: 501 })

async function answer(recording: Recording, { incoming, response, responders }: Incoming): Promise<void> {
  const { request } = recording
  const found = find(responders, request) ?? nobody
  const responder: Responder = typeof found === 'function' ? { answer: found, reads: 'first' } : found
  response.on('close', () => recording.end(response.writableFinished ? 'answered' : 'closed_by_peer'))
  response.on('error', () => {})
  const exchange: UpstreamExchange = {
    request,
    incoming,
    response,
    reset: () => {
      recording.end('cut_by_upstream')
      incoming.socket.resetAndDestroy()
    },
    cut: () => {
      recording.end('cut_by_upstream')
      incoming.socket.end()
    },
  }
  if (responder.reads !== 'never') recording.read()
  if (responder.reads === 'first') await Promise.race([request.bodyDone, request.ended])
  if (request.ending) return
  try {
    await responder.answer(exchange)
  } catch (error) {
    if (!response.headersSent) await bytes(String(error), { status: 500 })(exchange)
    else exchange.reset()
  }
}

interface Upgrading {
  incoming: IncomingMessage
  socket: Socket
  rest: Buffer
  upgrades: readonly Rule<Upgrade>[]
}

function upgrade(recording: Recording, { incoming, socket, rest, upgrades }: Upgrading): void {
  const found = find(upgrades, recording.request)
  const handler = found?.handler ?? { status: 404 }
  socket.on('error', () => {})
  if (typeof handler !== 'function') {
    recording.end('answered')
    socket.end(refusalText(handler))
    return
  }
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: found?.options.protocol ?? (() => false) })
  sockets.on('headers', (lines) => {
    for (const [name, value] of Object.entries(found?.options.headers ?? {})) lines.push(`${name}: ${value}`)
  })
  sockets.handleUpgrade(incoming, socket, rest, (websocket) => {
    websocket.on('error', () => {})
    websocket.once('close', (code) => recording.end(code === 1006 ? 'closed_by_peer' : 'answered'))
    handler(websocket, recording.request)
  })
}

function refusalText({ status, headers = {}, body = '' }: UpgradeRefusal): string {
  const all: HeaderInput = { 'content-length': String(Buffer.byteLength(body)), connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} Refused`, ...lines, '', body].join('\r\n')
}

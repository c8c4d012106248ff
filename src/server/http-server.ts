import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { OwnkeyError, responseHeaders } from '../contract/index.ts'
import { isIgnoredUpgrade, takeAsOrdinary } from './ignored-upgrade.ts'
import type { Log } from './log.ts'

/** Whoever answers requests: the gateway, or the control API with the pages. */
export interface Answering {
  handle(request: IncomingMessage, response: ServerResponse): void
}

export interface HttpServerOptions {
  control: Answering
  /** Only providers have WebSockets, so every upgrade is the gateway's to answer, also where it leads nowhere. */
  gateway: Answering & { upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void }
  /** First path segments that belong to the gateway, besides `v1`: the providers' ids and aliases. */
  isGatewayName(segment: string): boolean
  log: Log
  /** For tests that cannot wait. */
  limits?: Partial<typeof defaultLimits>
}

/** What one connection may take. Answers may take as long as they need. */
const defaultLimits = {
  /** For a whole head, from the connection or the end of the request before. */
  headSeconds: 20,
  /** For a whole body of the control API; the gateway watches its own, which may be large. */
  bodySeconds: 60,
  keepAliveSeconds: 65,
  checkEveryMs: 5_000,
  headBytes: 32 * 1024,
  /** Further ones are closed at once: better a clear refusal than a process without memory. */
  connections: 20_000,
}

/**
 * One listener for everything. Gateway paths go straight to the gateway, without a framework between; the rest goes to the
 * control API. Only the first path segment is looked at, exactly as it was sent: whoever answers checks the rest.
 */
export function createHttpServer({ control, gateway, isGatewayName, log, ...options }: HttpServerOptions): Server {
  const limits = { ...defaultLimits, ...options.limits }
  const server = createServer(
    {
      maxHeaderSize: limits.headBytes,
      headersTimeout: limits.headSeconds * 1000,
      // An upload of 500 MB may take an hour; what ends a stalled one is the idle time of its body.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveSeconds * 1000,
      connectionsCheckingInterval: limits.checkEveryMs,
      noDelay: true,
    },
    (request, response) => {
      const segment = firstSegment(request.url)
      if (segment === undefined) refusePlainly(response)
      else if (segment === 'v1' || isGatewayName(segment)) gateway.handle(request, response)
      else {
        watchBody(request, response, limits.bodySeconds)
        control.handle(request, response)
      }
    },
  )
  // Node drops what is over a count in silence, a caller's Ownkey-Feature for instance; the head's size is bound enough.
  server.maxHeadersCount = 0
  server.maxConnections = limits.connections
  server.on('upgrade', (request, socket, head) => {
    if (isIgnoredUpgrade(request)) return takeAsOrdinary(server, request, { socket, rest: head })
    gateway.upgrade(request, socket, head)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => answerUnreadable(error, socket))
  // One that cannot listen at all is told by a sentence at the start.
  server.on('error', (error) => void (server.listening && log.error('server_error', { error })))
  return server
}

/** `/openai/v1/models?x` → `openai`; `/` → the empty string; undefined for anything that is not a path. */
export function firstSegment(url: string | undefined): string | undefined {
  if (url === undefined || url.charCodeAt(0) !== 47) return undefined
  for (let end = 1; end < url.length; end += 1) {
    const code = url.charCodeAt(end)
    if (code === 47 || code === 63 || code === 35) return url.slice(1, end)
  }
  return url.slice(1)
}

/** Answers a request whose body does not come to its end, and closes its connection. */
function watchBody(request: IncomingMessage, response: ServerResponse, seconds: number): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0')) return
  const timer = setTimeout(() => {
    const error = new OwnkeyError('request_stalled', {
      detail: `The request’s body was not complete after ${seconds} seconds.`,
    })
    // By hand: whoever reads the body only learns that the connection is gone.
    if (response.headersSent) request.socket.destroy()
    else request.socket.end(problemAnswer('408 Request Timeout', error), () => request.socket.destroy())
  }, seconds * 1000)
  const lift = () => clearTimeout(timer)
  request.once('end', lift)
  response.once('close', lift)
}

function problemAnswer(status: string, { status: number, message, code, fix }: OwnkeyError): string {
  const body = JSON.stringify({ title: message, status: number, code, fix })
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${responseHeaders.error}: ${code}`,
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

function refusePlainly(response: ServerResponse): void {
  const error = new OwnkeyError('request_invalid', {
    detail: 'The request line must hold a path that starts with "/".',
  })
  response.writeHead(error.status, {
    'content-type': 'application/problem+json',
    [responseHeaders.error]: error.code,
    connection: 'close',
    'x-should-retry': 'false',
  })
  response.end(JSON.stringify({ title: error.message, status: error.status, code: error.code, fix: error.fix }))
}

const unreadable: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** So long what a refused caller still sends is read and dropped: closing at once would reset the connection and lose the answer. */
const lingerMs = 1_000

/** What the parser refuses never becomes a request; it is answered by hand and nothing of it is logged. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy()
    return
  }
  // Answered already: the parser tells again for every further piece.
  if (!socket.writable) return
  const status = unreadable[error.code ?? ''] ?? '400 Bad Request'
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

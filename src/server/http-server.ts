import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { OwnkeyError } from '../contract/index.ts'
import type { CallerRequest, CallerResponse } from '../gateway/index.ts'
import { hearEnd } from './hear-end.ts'
import { isIgnoredUpgrade, takeAsOrdinary } from './ignored-upgrade.ts'
import { inTurn } from './in-turn.ts'
import type { Log } from './log.ts'
import { PlainConnections } from './plain/index.ts'
import { endWith, lastAnswer, problemRefusal, type WordRefusal } from './refusal.ts'
import { headTooLate, malformed, refuseUnreadable } from './refuse-unreadable.ts'

/** Something that answers requests: the gateway, or the control API with the pages. */
export interface Answering {
  handle(request: IncomingMessage, response: ServerResponse): void
}

export interface HttpServer {
  server: Server
  /** The connections that Node's server has not been given. */
  plain: PlainConnections
}

export interface HttpServerOptions {
  control: Answering
  /** Only providers have WebSockets, so every upgrade is the gateway's to answer, also where it leads nowhere. */
  gateway: {
    handle(request: CallerRequest, response: CallerResponse): void
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
    /** Words what is refused before the gateway hears of it, in the shape of the API that was called. */
    refusalAt: WordRefusal
  }
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
export function createHttpServer({ limits: given, ...options }: HttpServerOptions): HttpServer {
  const { gateway, log } = options
  const limits = { ...defaultLimits, ...given }
  const reception = createReception(options, limits.bodySeconds)
  const { serve, word } = reception
  const server = createServer(
    {
      maxHeaderSize: limits.headBytes,
      headersTimeout: limits.headSeconds * 1000,
      // An upload of 500 MB may take an hour; what ends a stalled one is the idle time of its body.
      requestTimeout: 0,
      // Checked here instead: Node's own refusal has no body that would say what is wrong.
      requireHostHeader: false,
      keepAliveTimeout: limits.keepAliveSeconds * 1000,
      connectionsCheckingInterval: limits.checkEveryMs,
      noDelay: true,
    },
    serve,
  )
  const takeByNode = takeOver(server)
  // No limit on the number of headers: Node drops those over it without a word, perhaps the caller's Ownkey-Feature. The size is limited.
  server.maxHeadersCount = 0
  server.maxConnections = limits.connections
  server.on('upgrade', (request, socket, head) =>
    inTurn(socket, () => {
      if (isIgnoredUpgrade(request)) takeAsOrdinary(request, { socket, rest: head }, takeByNode)
      else gateway.upgrade(request, socket, head)
    }),
  )
  server.on('connect', (_request, socket) => inTurn(socket, () => endWith(socket, problemRefusal('', noPath()))))
  // An unknown `Expect` may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', serve)
  server.on('clientError', (error, socket) => refuseUnreadable(error, socket, word))
  // Not logged while starting: a server that cannot listen ends with a sentence of its own.
  server.on('error', (error) => void (server.listening && log.error('server_error', { error })))
  return { server, plain: beginPlain(server, { reception, gateway, limits, takeByNode }) }
}

/** Takes its own listener from Node's server, so that it serves only the connections it is given here. */
function takeOver(server: Server): (socket: Duplex) => void {
  const [listener] = server.listeners('connection') as [(this: Server, socket: Duplex) => void]
  server.off('connection', listener)
  return (socket) => listener.call(server, socket)
}

interface Beginning {
  reception: Reception
  gateway: HttpServerOptions['gateway']
  limits: typeof defaultLimits
  takeByNode(socket: Duplex): void
}

/** Lets every connection of the server begin as a plain one. */
function beginPlain(server: Server, { reception, gateway, limits, takeByNode }: Beginning): PlainConnections {
  const plain = new PlainConnections({
    takes: ({ url }) => reception.isForGateway(url),
    serve: (request, response) => gateway.handle(request, response),
    handOver: takeByNode,
    refuseCut: (socket, url) => endWith(socket, reception.word(url, malformed())),
    refuseSilent: (socket) => endWith(socket, reception.word('', headTooLate())),
    ...limits,
  })
  server.on('connection', (socket) => plain.take(socket))
  const sweeping = setInterval(() => plain.sweep(performance.now()), limits.checkEveryMs).unref()
  server.once('close', () => clearInterval(sweeping))
  return plain
}

interface Reception {
  serve(request: IncomingMessage, response: ServerResponse): void
  /** Words a refusal as whoever would have answered does. */
  word: WordRefusal
  isForGateway(url: string): boolean
}

function createReception(
  { control, gateway, isGatewayName }: Pick<HttpServerOptions, 'control' | 'gateway' | 'isGatewayName'>,
  bodySeconds: number,
): Reception {
  const isGatewayPath = (segment: string | undefined) =>
    segment !== undefined && (segment === 'v1' || isGatewayName(segment))
  const isForGateway = (url: string) => isGatewayPath(firstSegment(url))
  const word: WordRefusal = (url, error) =>
    isForGateway(url) ? gateway.refusalAt(url, error) : problemRefusal(url, error)
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const segment = firstSegment(request.url)
    hearEnd(request, response)
    if (segment === undefined) refuse(response, word, noPath())
    else if (!hasItsHost(request)) refuse(response, word, noHost())
    else if (isGatewayPath(segment)) gateway.handle(request, response)
    else {
      watchBody(request, response, bodySeconds)
      control.handle(request, response)
    }
  }
  return { serve, word, isForGateway }
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
    else request.socket.end(lastAnswer(problemRefusal(request.url ?? '', error)), () => request.socket.destroy())
  }, seconds * 1000)
  const lift = () => clearTimeout(timer)
  request.once('end', lift)
  response.once('close', lift)
}

const noPath = () =>
  new OwnkeyError('request_invalid', {
    detail: 'The request line must hold a path that starts with "/".',
    fix: 'Send the request to this server itself, not through it as a proxy.',
  })

const noHost = () =>
  new OwnkeyError('request_invalid', {
    detail: 'The request must have one Host header.',
    fix: 'Send Host once, with the name under which the server is called.',
  })

function refuse(response: ServerResponse, word: WordRefusal, error: OwnkeyError): void {
  const { status, headers, body } = word(response.req.url ?? '', error)
  response.writeHead(status, [...headers, 'connection', 'close'])
  response.end(body)
}

/** Exactly one Host header: with two, a proxy on the way may have read another one; without, it is not HTTP/1.1. */
function hasItsHost({ httpVersionMinor, rawHeaders }: IncomingMessage): boolean {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0)
}

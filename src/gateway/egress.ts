import type { Socket } from 'node:net'
import { buildConnector, Client, type Dispatcher } from 'undici'
import { guardedConnect, type Lookup } from './guarded-connect.ts'
import { OriginClients } from './origin-clients.ts'
import type { UpstreamBody } from './request-body.ts'

/** One request to a provider. Nothing else in the system opens connections to providers. */
export interface UpstreamRequest {
  /** `https://host[:port]` */
  origin: string
  /** The customer named this host: its address is checked inside the connection. */
  guarded: boolean
  method: string
  /** With query, byte for byte. */
  path: string
  /** Name, value, name, value …; the credential is among them. */
  headers: string[]
  body: UpstreamBody
}

export interface EgressLimits {
  connectTimeoutMs: number
  firstByteTimeoutMs: number
  idleTimeoutMs: number
  privateHosts: readonly string[]
}

/** undici's raw handler: header buffers as they came, a chunk at a time, `false` to pause. */
export type AnswerHandler = Required<
  Pick<Dispatcher.DispatchHandler, 'onConnect' | 'onHeaders' | 'onData' | 'onComplete' | 'onError'>
>

/** Sends requests to providers: never follows a redirect, never retries, one connection an exchange. */
export class Egress {
  private readonly limits: () => EgressLimits
  private readonly lookup: Lookup | undefined
  private readonly origins = new Map<string, OriginClients>()
  /** The latest socket of each client: undici itself gives up no connection that does not stand yet. */
  private readonly sockets = new WeakMap<Client, Socket>()
  private readonly trimming: NodeJS.Timeout

  constructor(options: { limits: () => EgressLimits; lookup?: Lookup | undefined }) {
    this.limits = options.limits
    this.lookup = options.lookup
    this.trimming = setInterval(() => this.trim(), 10_000).unref()
  }

  /**
   * The handler's `onComplete` or `onError` is called exactly once; the connection is given back just before.
   * @returns gives up a connection that does not stand yet; once `onConnect` was called, its `abort` is the way
   */
  send(request: UpstreamRequest, handler: AnswerHandler): () => void {
    const clients = this.clientsOf(request.origin, request.guarded)
    const client = clients.take()
    const limits = this.limits()
    client.dispatch(
      {
        path: request.path,
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers,
        body: request.body as never,
        headersTimeout: limits.firstByteTimeoutMs,
        bodyTimeout: limits.idleTimeoutMs,
      },
      new Returning(handler, client, clients) as Dispatcher.DispatchHandler,
    )
    return () => this.giveUp(client)
  }

  /** What makes every connection to a provider, a WebSocket's too. @param guarded the customer named the host */
  connector(guarded: boolean): buildConnector.connector {
    const { connectTimeoutMs, privateHosts } = this.limits()
    return guarded
      ? guardedConnect({ timeoutMs: connectTimeoutMs, privateHosts, lookup: this.lookup })
      : buildConnector({ timeout: connectTimeoutMs })
  }

  async close(): Promise<void> {
    clearInterval(this.trimming)
    await Promise.all([...this.origins.values()].map((clients) => clients.destroy()))
    this.origins.clear()
  }

  private clientsOf(origin: string, guarded: boolean): OriginClients {
    const name = guarded ? `guarded ${origin}` : origin
    let clients = this.origins.get(name)
    if (clients === undefined) {
      clients = new OriginClients(() => this.newClient(origin, guarded))
      this.origins.set(name, clients)
    }
    return clients
  }

  private newClient(origin: string, guarded: boolean): Client {
    const connect = this.connector(guarded)
    const client: Client = new Client(origin, {
      pipelining: 1,
      connect: (target: buildConnector.Options, callback: buildConnector.Callback) => {
        // It gives the socket at once, which its types do not say; nothing where the host is refused.
        const socket = connect(target, callback) as unknown as Socket | undefined
        if (socket !== undefined) this.sockets.set(client, socket)
      },
    })
    return client
  }

  private giveUp(client: Client): void {
    const error = new Error('the connection was given up')
    this.sockets.get(client)?.destroy(error)
    client.destroy(error).catch(() => undefined)
  }

  private trim(): void {
    const now = Date.now()
    for (const [name, clients] of this.origins) {
      clients.trim(now)
      if (clients.isEmpty) this.origins.delete(name)
    }
  }
}

/** Gives the connection back when the exchange is over, then tells the handler. */
class Returning implements AnswerHandler {
  private readonly handler: AnswerHandler
  private readonly client: Client
  private readonly clients: OriginClients

  constructor(handler: AnswerHandler, client: Client, clients: OriginClients) {
    this.handler = handler
    this.client = client
    this.clients = clients
  }

  onConnect(abort: (error?: Error) => void): void {
    this.handler.onConnect(abort)
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    return this.handler.onHeaders(status, headers, resume, statusText)
  }

  onData(chunk: Buffer): boolean {
    return this.handler.onData(chunk)
  }

  onComplete(trailers: string[] | null): void {
    this.clients.give(this.client)
    this.handler.onComplete(trailers)
  }

  onError(error: Error): void {
    this.clients.give(this.client)
    this.handler.onError(error)
  }
}

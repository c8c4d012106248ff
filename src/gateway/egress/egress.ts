import { guardedConnect, type Lookup } from './guarded-connect.ts'
import {
  type AnswerHandler,
  type ConnectionTimes,
  type Connector,
  createConnector,
  OriginConnections,
  WireError,
  type WireRequest,
} from './http1/index.ts'

/** One request to a provider. Nothing else in the system opens connections to providers. */
export interface UpstreamRequest extends WireRequest {
  /** `https://host[:port]` */
  origin: string
  /** The customer named this host: its address is checked inside the connection. */
  guarded: boolean
}

export interface EgressLimits {
  connectTimeoutMs: number
  firstByteTimeoutMs: number
  idleTimeoutMs: number
  privateHosts: readonly string[]
}

const tickMs = 500

/** Connectors and times made from one version of the limits. */
interface Ways {
  limits: EgressLimits
  times: ConnectionTimes
  open: Connector
  guarded: Connector
}

/** Sends requests to providers: never follows a redirect, never retries, one connection an exchange. */
export class Egress {
  private readonly limits: () => EgressLimits
  private readonly lookup: Lookup
  private readonly origins = new Map<string, OriginConnections>()
  private readonly ticking: NodeJS.Timeout
  private current: Ways | undefined
  private isClosed = false

  constructor(options: { limits: () => EgressLimits; lookup: Lookup }) {
    this.limits = options.limits
    this.lookup = options.lookup
    this.ticking = setInterval(() => this.tick(), tickMs).unref()
  }

  /**
   * The handler's `onComplete` or `onError` is called exactly once; the connection is given back just before.
   * @returns ends the exchange, in every phase; the handler hears of it by `onError`
   */
  send(request: UpstreamRequest, handler: AnswerHandler): (error: Error) => void {
    if (this.isClosed) {
      // An attempt that ended because of `close` may be followed by its fallback, which nobody would end any more.
      handler.onError(new WireError('connection_closed', 'the server is being stopped'))
      return () => undefined
    }
    return this.connectionsOf(request.origin, request.guarded).send(request, handler)
  }

  /** Makes every connection to a provider, including those of WebSockets. @param guarded the customer named the host */
  connector(guarded: boolean): Connector {
    const ways = this.ways()
    return guarded ? ways.guarded : ways.open
  }

  close(): void {
    this.isClosed = true
    clearInterval(this.ticking)
    for (const connections of this.origins.values()) connections.close()
    this.origins.clear()
  }

  private connectionsOf(origin: string, guarded: boolean): OriginConnections {
    const name = guarded ? `guarded ${origin}` : origin
    let connections = this.origins.get(name)
    if (connections === undefined) {
      connections = new OriginConnections(origin, {
        connect: (target, callback) => this.connector(guarded)(target, callback),
        times: () => this.ways().times,
      })
      this.origins.set(name, connections)
    }
    return connections
  }

  private ways(): Ways {
    const limits = this.limits()
    if (this.current?.limits !== limits) this.current = waysOf(limits, this.lookup)
    return this.current
  }

  private tick(): void {
    for (const [name, connections] of this.origins) {
      connections.tick()
      if (connections.isForgettable) this.origins.delete(name)
    }
  }
}

function waysOf(limits: EgressLimits, lookup: Lookup): Ways {
  const { connectTimeoutMs, firstByteTimeoutMs, idleTimeoutMs, privateHosts } = limits
  return {
    limits,
    times: {
      firstByteTicks: Math.ceil(firstByteTimeoutMs / tickMs),
      idleTicks: Math.ceil(idleTimeoutMs / tickMs),
      tickMs,
    },
    open: createConnector({ timeoutMs: connectTimeoutMs }),
    guarded: guardedConnect({ timeoutMs: connectTimeoutMs, privateHosts, lookup }),
  }
}

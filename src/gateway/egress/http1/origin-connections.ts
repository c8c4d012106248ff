import { Connection, type Home } from './connection.ts'
import { type Connector, type SocketTarget, socketTarget } from './open-socket.ts'
import type { AnswerHandler, ConnectionTimes, WireRequest } from './wire.ts'
import { WireError } from './wire-error.ts'

/** How long an origin that closes connections unsaid is not trusted to keep one. */
const distrustMs = 20_000
/** The same for one that sends what nobody asked for: a moment later, that would have been somebody's answer. */
const unaskedDistrustMs = 600_000

/** A request that waits for a connection which is about to be free. */
interface Waiting {
  request: WireRequest
  handler: AnswerHandler
  /** Neither begun nor given up. */
  isQueued: boolean
  /** Ends the exchange, once it has begun. */
  abort: ((error: Error) => void) | undefined
}

/**
 * The connections to one origin, with a free list. A connection carries one exchange at a time and comes back when it is over. The
 * one used last is taken first, so that the others fall idle and can be closed.
 *
 * Between two exchanges a whole turn of the event loop passes. Some servers close the connection after an answer without saying so,
 * and a broken or hostile one sends more than its answer. After one turn, what is in the socket has been read while nobody uses
 * the connection, so it neither breaks the next request nor is taken for its answer. Where the close comes later than that, it is
 * noticed once, and for a while each request to that origin gets a connection of its own.
 *
 * What comes later still, under the next request, cannot be told from its answer. So that it is at least not somebody else's, a
 * connection goes to another owner only when nothing has come for a while.
 */
export class OriginConnections implements Home {
  readonly target: SocketTarget
  readonly connect: Connector
  readonly times: () => ConnectionTimes
  private readonly all = new Set<Connection>()
  private readonly resting: Connection[] = []
  /** Came back in this turn of the event loop. */
  private fresh: Connection[] = []
  /** Came back in the turn before. */
  private settling: Connection[] = []
  private waiting: Waiting[] = []
  private isTurning = false
  private distrustedMs = 0
  private readonly turn = () => this.settle()

  /** @param origin `https://host[:port]` */
  constructor(origin: string, { connect, times }: Pick<Home, 'connect' | 'times'>) {
    this.target = socketTarget(origin)
    this.connect = connect
    this.times = times
  }

  /** @returns ends the exchange in every phase; the handler hears of it as an error */
  send(request: WireRequest, handler: AnswerHandler): (error: Error) => void {
    const rested = this.takeRested(request.owner)
    if (rested !== undefined) return rested.send(request, handler)
    // Waiting a turn is quicker than a new connection, which takes several round trips.
    if (this.isOneComing(request.owner)) return this.wait(request, handler)
    return this.open().send(request, handler)
  }

  rest(connection: Connection): void {
    this.fresh.push(connection)
    if (this.isTurning) return
    this.isTurning = true
    setImmediate(this.turn)
  }

  get reuses(): boolean {
    return this.distrustedMs <= 0
  }

  closedUnsaid(): void {
    this.distrustedMs = Math.max(this.distrustedMs, distrustMs)
  }

  saidUnasked(): void {
    this.distrustedMs = unaskedDistrustMs
    for (const connection of this.resting.splice(0)) connection.close(distrusted())
  }

  leave(connection: Connection): void {
    this.all.delete(connection)
  }

  /** Ends silent exchanges, and closes what rested long enough. */
  tick(): void {
    this.distrustedMs -= this.distrustedMs > 0 ? this.times().tickMs : 0
    for (const connection of this.all) connection.tick()
    // What was closed at rest is at the bottom, because the one used last is taken first.
    const first = this.resting.findIndex((connection) => connection.canServe)
    this.resting.splice(0, first === -1 ? this.resting.length : first)
  }

  /** Nothing is open, and nothing has to be remembered. */
  get isForgettable(): boolean {
    return this.isEmpty && this.reuses
  }

  get isEmpty(): boolean {
    return this.all.size === 0 && this.waiting.length === 0
  }

  close(): void {
    const error = new WireError('connection_closed', 'the connections were closed on this side')
    for (const waiting of this.waiting.splice(0)) this.giveUp(waiting, error)
    // A copy, because a handler that hears of the error may send again, which adds to the set.
    for (const connection of [...this.all]) connection.close(error)
  }

  private takeRested(owner: string | undefined): Connection | undefined {
    const { resting } = this
    for (let i = resting.length - 1; i >= 0; i--) {
      const rested = resting[i] as Connection
      if (rested.owner !== owner && !rested.isQuiet && rested.canServe) continue
      if (i === resting.length - 1) resting.pop()
      else resting.splice(i, 1)
      if (rested.canServe) return rested
    }
    return undefined
  }

  /** Of this owner's connections more are about to be free than requests wait for them. */
  private isOneComing(owner: string | undefined): boolean {
    let more = 0
    for (const connection of this.fresh) if (connection.owner === owner) more++
    for (const connection of this.settling) if (connection.owner === owner) more++
    for (const { request } of this.waiting) if (request.owner === owner) more--
    return more > 0
  }

  private open(): Connection {
    const connection = new Connection(this)
    this.all.add(connection)
    return connection
  }

  private wait(request: WireRequest, handler: AnswerHandler): (error: Error) => void {
    const waiting: Waiting = { request, handler, isQueued: true, abort: undefined }
    this.waiting.push(waiting)
    return (error) => {
      if (waiting.abort !== undefined) waiting.abort(error)
      else this.giveUp(waiting, error)
    }
  }

  private giveUp(waiting: Waiting, error: Error): void {
    if (!waiting.isQueued) return
    waiting.isQueued = false
    this.waiting = this.waiting.filter((one) => one !== waiting)
    waiting.handler.onError(error)
  }

  /**
   * Runs after each turn: connections that came back a turn ago are free now; those that came back just now wait one more turn.
   * Waiting requests take the free ones; those that have none left to wait for get new connections.
   */
  private settle(): void {
    const settled = this.settling
    this.settling = this.fresh
    for (const connection of settled) {
      if (this.reuses) this.resting.push(connection)
      else connection.close(distrusted())
    }
    settled.length = 0
    this.fresh = settled
    this.isTurning = this.settling.length > 0
    if (this.isTurning) setImmediate(this.turn)
    if (this.waiting.length > 0) this.serveWaiting()
  }

  private serveWaiting(): void {
    for (const one of this.waiting.splice(0)) {
      // Given up a moment ago, by the handler of another one in this loop.
      if (!one.isQueued) continue
      const { owner } = one.request
      const connection = this.takeRested(owner) ?? (this.isOneComing(owner) ? undefined : this.open())
      if (connection === undefined) this.waiting.push(one)
      else {
        one.isQueued = false
        one.abort = connection.send(one.request, one.handler)
      }
    }
  }
}

function distrusted(): WireError {
  return new WireError('connection_closed', 'the other side is not trusted to keep a connection')
}

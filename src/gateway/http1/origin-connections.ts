import { Connection, type Home } from './connection.ts'
import { type Connector, type SocketTarget, socketTarget } from './open-socket.ts'
import type { AnswerHandler, ConnectionTimes, WireRequest } from './wire.ts'
import { WireError } from './wire-error.ts'

/** A request for a connection that is about to come to rest. */
interface Waiting {
  request: WireRequest
  handler: AnswerHandler
  /** Neither begun nor given up. */
  isQueued: boolean
  /** Ends the exchange, once it has begun. */
  abort: ((error: Error) => void) | undefined
}

/**
 * Connections to one origin: a free list. A connection carries one exchange at a time and comes back when it is over; the
 * one used last is taken first, so its socket is warm and the rest can go.
 *
 * Between two exchanges a whole turn of the event loop passes. Some servers close behind an answer without having said so,
 * and one that is broken or hostile sends more than its answer: what already lies in the socket is then seen while nobody
 * uses the connection, instead of breaking the next request or being taken for its answer.
 */
export class OriginConnections implements Home {
  readonly target: SocketTarget
  readonly connect: Connector
  readonly times: () => ConnectionTimes
  private readonly all = new Set<Connection>()
  private readonly resting: Connection[] = []
  /** Came back in this turn of the event loop, and in the one before. */
  private fresh: Connection[] = []
  private settling: Connection[] = []
  private waiting: Waiting[] = []
  private isTurning = false
  private readonly turn = () => this.settle()

  /** @param origin `https://host[:port]` */
  constructor(origin: string, { connect, times }: Pick<Home, 'connect' | 'times'>) {
    this.target = socketTarget(origin)
    this.connect = connect
    this.times = times
  }

  /** @returns ends the exchange in every phase; the handler hears of it as an error */
  send(request: WireRequest, handler: AnswerHandler): (error: Error) => void {
    const rested = this.takeRested()
    if (rested !== undefined) return rested.send(request, handler)
    // Sooner than a new connection, which is several ways to the provider and back.
    if (this.waiting.length < this.fresh.length + this.settling.length) return this.wait(request, handler)
    return this.open().send(request, handler)
  }

  rest(connection: Connection): void {
    this.fresh.push(connection)
    if (this.isTurning) return
    this.isTurning = true
    setImmediate(this.turn)
  }

  leave(connection: Connection): void {
    this.all.delete(connection)
  }

  /** Ends silent exchanges, and closes what rested long enough. */
  tick(): void {
    for (const connection of this.all) connection.tick()
    // What was closed at rest is at the bottom, because the one used last is taken first.
    const first = this.resting.findIndex((connection) => connection.canServe)
    this.resting.splice(0, first === -1 ? this.resting.length : first)
  }

  get isEmpty(): boolean {
    return this.all.size === 0 && this.waiting.length === 0
  }

  close(): void {
    const error = new WireError('connection_closed', 'the connections were closed on this side')
    for (const waiting of this.waiting.splice(0)) this.giveUp(waiting, error)
    // A copy: who hears of it may ask again, and would be ended for ever.
    for (const connection of [...this.all]) connection.close(error)
  }

  private takeRested(): Connection | undefined {
    let rested = this.resting.pop()
    while (rested !== undefined && !rested.canServe) rested = this.resting.pop()
    return rested
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
   * After each turn: what came back in it waits for one more, in which its socket is looked at once; what waited rests.
   * Requests take what rests; those for whom nothing is left to wait for get connections of their own.
   */
  private settle(): void {
    const settled = this.settling
    this.settling = this.fresh
    for (const connection of settled) this.resting.push(connection)
    settled.length = 0
    this.fresh = settled
    this.isTurning = this.settling.length > 0
    if (this.isTurning) setImmediate(this.turn)
    if (this.waiting.length > 0) this.serveWaiting()
  }

  private serveWaiting(): void {
    for (const one of this.waiting.splice(0)) {
      // Given up just now, by what another of them heard.
      if (!one.isQueued) continue
      const connection = this.takeRested() ?? (this.waiting.length < this.settling.length ? undefined : this.open())
      if (connection === undefined) this.waiting.push(one)
      else {
        one.isQueued = false
        one.abort = connection.send(one.request, one.handler)
      }
    }
  }
}

import { type AnswerHandler, Connection, type ConnectionTimes, type Home, type WireRequest } from './connection.ts'
import { type Connector, type SocketTarget, socketTarget } from './open-socket.ts'

/**
 * Connections to one origin: a free list. A connection carries one exchange at a time and comes back when it is over; the
 * one used last is taken first, so its socket is warm and the rest can go.
 */
export class OriginConnections implements Home {
  readonly target: SocketTarget
  readonly connect: Connector
  readonly times: () => ConnectionTimes
  private readonly resting: Connection[] = []
  private readonly all = new Set<Connection>()

  /** @param origin `https://host[:port]` */
  constructor(origin: string, { connect, times }: Pick<Home, 'connect' | 'times'>) {
    this.target = socketTarget(origin)
    this.connect = connect
    this.times = times
  }

  send(request: WireRequest, handler: AnswerHandler): (error: Error) => void {
    return this.take().send(request, handler)
  }

  rest(connection: Connection): void {
    this.resting.push(connection)
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
    return this.all.size === 0
  }

  close(): void {
    for (const connection of this.all) connection.close()
  }

  private take(): Connection {
    for (let rested = this.resting.pop(); rested !== undefined; rested = this.resting.pop()) {
      if (rested.canServe) return rested
    }
    const connection = new Connection(this)
    this.all.add(connection)
    return connection
  }
}

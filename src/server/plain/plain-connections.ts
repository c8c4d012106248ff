import type { Socket } from 'node:net'
import { Roster } from '../../lib/index.ts'
import { PlainConnection, type PlainServer } from './plain-connection.ts'

export interface PlainConnectionsOptions
  extends Pick<PlainServer, 'takes' | 'serve' | 'refuseCut' | 'headBytes' | 'keepAliveSeconds'> {
  /** Takes a connection over, for good, whose next request is not plain. */
  handOver(socket: Socket): void
  /** How long a new connection may say nothing. */
  headSeconds: number
  /** Ends a new connection that said nothing. */
  refuseSilent(socket: Socket): void
}

/** The connections whose requests were all plain so far: every connection begins as one. */
export class PlainConnections implements PlainServer {
  isStopping = false
  readonly takes: PlainServer['takes']
  readonly serve: PlainServer['serve']
  readonly refuseCut: PlainServer['refuseCut']
  readonly headBytes: number
  readonly keepAliveSeconds: number
  private readonly options: PlainConnectionsOptions
  private readonly connections = new Roster<PlainConnection>()

  constructor(options: PlainConnectionsOptions) {
    this.options = options
    this.takes = options.takes
    this.serve = options.serve
    this.refuseCut = options.refuseCut
    this.headBytes = options.headBytes
    this.keepAliveSeconds = options.keepAliveSeconds
  }

  take(socket: Socket): void {
    this.connections.add(new PlainConnection(socket, this))
  }

  forget(connection: PlainConnection): void {
    this.connections.delete(connection)
  }

  handOver(connection: PlainConnection): void {
    this.forget(connection)
    this.options.handOver(connection.socket)
  }

  /** Ends connections that have waited too long for a request. @param now monotonic milliseconds */
  sweep(now: number): void {
    for (const connection of this.connections.list()) {
      const { waitingSince, isNew, socket } = connection
      if (waitingSince === undefined) continue
      const seconds = (now - waitingSince) / 1000
      if (!isNew && seconds > this.keepAliveSeconds) socket.destroy()
      else if (isNew && seconds > this.options.headSeconds) {
        connection.release()
        this.forget(connection)
        this.options.refuseSilent(socket)
      }
    }
  }

  closeIdle(): void {
    for (const { socket, waitingSince } of this.connections.list()) if (waitingSince !== undefined) socket.destroy()
  }
}

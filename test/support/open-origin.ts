import { connect, type Socket } from 'node:net'
import {
  type ConnectionTimes,
  type Connector,
  createConnector,
  OriginConnections,
  type WireRequest,
} from '../../src/gateway/egress/http1/index.ts'
import { Heard, until } from './wire-server.ts'

/** Connections to an origin whose clock is the test, and whose sockets it can look at. */
export interface OpenOrigin {
  readonly connections: OriginConnections
  /** All that were opened, in order. */
  readonly sockets: readonly Socket[]
  times: ConnectionTimes
  ask(request?: Partial<WireRequest>, heard?: Heard): Asked
  ticks(count: number): void
  /** Ends what is open, and resolves when nothing is. */
  close(): Promise<void>
}

export interface Asked {
  heard: Heard
  abort(error: Error): void
}

export const get: WireRequest = { method: 'GET', path: '/', headers: [], body: null }

export function openOrigin(origin: string, connect: Connector = createConnector({ timeoutMs: 20_000 })): OpenOrigin {
  const sockets: Socket[] = []
  const opened: OpenOrigin = {
    connections: new OriginConnections(origin, {
      connect: (target, done) => {
        const socket = connect(target, done)
        if (socket !== undefined) sockets.push(socket)
        return socket
      },
      times: () => opened.times,
    }),
    sockets,
    times: { firstByteTicks: 3, idleTicks: 3, tickMs: 500 },
    ask: (request = {}, heard = new Heard()) => ({
      heard,
      abort: opened.connections.send({ ...get, ...request }, heard),
    }),
    ticks: (count) => {
      for (let i = 0; i < count; i++) opened.connections.tick()
    },
    close: async () => {
      opened.connections.close()
      await until(() => opened.connections.isEmpty)
    },
  }
  return opened
}

/** To a Unix socket, whatever the target is called. */
export function connectorTo(path: string): Connector {
  return ({ hear }, done) => {
    const socket = connect(path, () => done(null, socket))
    if (hear !== undefined) socket.on('data', hear)
    return socket.once('error', (error) => done(error, undefined))
  }
}

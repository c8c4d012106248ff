/** A server that says what a test tells it, byte by byte, and a handler that writes down what it hears. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { AnswerHandler } from '../../src/gateway/egress/http1/index.ts'

/** A bound against hanging, not a measure. */
const longestWaitMs = 60_000

/** Resolves when `holds` does; asks once in each turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + longestWaitMs
  while (!holds()) {
    if (Date.now() > end) throw new Error(`It does not come true: ${holds}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** So many turns of the event loop, each with a look at every socket. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Resolves when a number has stood still for fifty turns of the event loop. */
export async function settled(number: () => number): Promise<void> {
  let last = number()
  let same = 0
  await until(() => {
    same = number() === last ? same + 1 : 0
    last = number()
    return same === 50
  })
}

/** One connection as its server sees it. */
export interface Peer {
  readonly socket: Socket
  /** What has come, as single bytes. */
  received(): string
  /** Resolves when so many requests (counted by the ends of their heads) have come, with all that has come. */
  requests(count: number): Promise<string>
  /** Resolves when the bytes are with the system. */
  say(bytes: string | Buffer): Promise<void>
  /** Resolves when the client has ended or broken the connection. */
  readonly gone: Promise<void>
}

export interface WireServer {
  readonly port: number
  readonly origin: string
  readonly peers: readonly Peer[]
  /** The connection with this number, from 0, as soon as it is there. */
  peer(index: number): Promise<Peer>
  close(): Promise<void>
}

export interface WireServerOptions {
  tls?: TlsOptions
  /** Plays on every connection; without one the test does. */
  script?: (peer: Peer) => void
  /** Of a Unix socket, whose buffers are small and whose connections are cheap; default: a port of this machine. */
  path?: string
}

export async function startWireServer({ tls, script, path }: WireServerOptions = {}): Promise<WireServer> {
  const peers: Peer[] = []
  const accept = (socket: Socket) => {
    const peer = peerOf(socket)
    peers.push(peer)
    script?.(peer)
  }
  // A client that goes away in the middle of a handshake is no fault of the server.
  const server: Server =
    tls === undefined ? createServer(accept) : createTlsServer(tls, accept).on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
  )
  const port = path === undefined ? (server.address() as AddressInfo).port : 80
  return {
    port,
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    peers,
    peer: async (index) => {
      await until(() => peers.length > index)
      return peers[index] as Peer
    },
    close: async () => {
      for (const { socket } of peers) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function peerOf(socket: Socket | TLSSocket): Peer {
  const pieces: Buffer[] = []
  socket.setNoDelay(true)
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  const gone = new Promise<void>((resolve) => {
    socket.on('error', () => resolve()).once('end', resolve)
    socket.once('close', () => resolve())
  })
  const received = () => Buffer.concat(pieces).toString('latin1')
  return {
    socket,
    received,
    requests: async (count) => {
      await until(() => received().split('\r\n\r\n').length > count || socket.destroyed)
      return received()
    },
    say: (bytes) =>
      new Promise((resolve) => {
        socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve())
      }),
    gone,
  }
}

/** Writes down one exchange. */
export class Heard implements AnswerHandler {
  status: number | undefined
  headers: string[] = []
  readonly pieces: Buffer[] = []
  error: Error | undefined
  /** What was called, in order. */
  readonly calls: string[] = []
  resume: () => void = () => undefined
  /** What `onData` answers. */
  wants = true
  /** Is called first in each of them. */
  before: (call: string) => void = () => undefined
  readonly over: Promise<void>
  private end: () => void = () => undefined

  constructor(options: { wants?: boolean; before?: (call: string) => void } = {}) {
    Object.assign(this, options)
    this.over = new Promise((resolve) => {
      this.end = resolve
    })
  }

  get body(): string {
    return Buffer.concat(this.pieces).toString('latin1')
  }

  get bytes(): number {
    return this.pieces.reduce((sum, piece) => sum + piece.length, 0)
  }

  /** The code of the error that ended it; undefined when it was completed. */
  async code(): Promise<string | undefined> {
    await this.over
    return this.error === undefined ? undefined : String((this.error as { code?: unknown }).code ?? this.error.message)
  }

  onHeaders(status: number, headers: string[], resume: () => void): void {
    this.calls.push('headers')
    this.status = status
    this.headers = headers
    this.resume = resume
    this.before('headers')
  }

  onData(piece: Buffer): boolean {
    this.calls.push('data')
    this.pieces.push(piece)
    this.before('data')
    return this.wants
  }

  onComplete(): void {
    this.calls.push('complete')
    this.end()
    this.before('complete')
  }

  onError(error: Error): void {
    this.calls.push('error')
    this.error = error
    this.end()
    this.before('error')
  }
}

import type { Socket } from 'node:net'
import type { Enrolled } from '../../lib/index.ts'
import { type PlainHead, readPlainHead } from './plain-head.ts'
import { PlainRequest } from './plain-request.ts'
import { PlainResponse, type Way } from './plain-response.ts'

export interface PlainServer {
  /** Whether this request is to be served here. */
  takes(head: PlainHead): boolean
  serve(request: PlainRequest, response: PlainResponse): void
  /** Takes a connection over, for good; what was read of its next request is to be read again. */
  handOver(connection: PlainConnection): void
  /** Ends a connection whose caller has ended it in the middle of a request to this address. */
  refuseCut(socket: Socket, url: string): void
  /** The connection is closed. */
  forget(connection: PlainConnection): void
  /** Longer heads are not plain. */
  readonly headBytes: number
  readonly keepAliveSeconds: number
  /** Answers that begin now are the last of their connections. */
  readonly isStopping: boolean
}

const headEnd = Buffer.from('\r\n\r\n')
/** So much of what follows a request is taken from the system while it is served. Behind more, the caller's end would go unheard. */
const mostAhead = 64 * 1024

/** A connection whose requests were all plain so far. They are served one after the other. */
export class PlainConnection implements Enrolled, Way {
  place = -1
  readonly socket: Socket
  /** Since when it waits for a request, in monotonic milliseconds; undefined: one is being served. */
  waitingSince: number | undefined = performance.now()
  /** No request has come yet. */
  isNew = true
  private readonly server: PlainServer
  private request: PlainRequest | undefined
  private response: PlainResponse | undefined
  /** What came behind the request that is being served. */
  private ahead: Buffer | undefined

  constructor(socket: Socket, server: PlainServer) {
    this.socket = socket
    this.server = server
    socket.on('data', this.onData).on('end', this.onEnd).on('drain', this.onDrain).on('close', this.onClose)
    // `close` follows.
    socket.on('error', ignore)
  }

  get keepsAlive(): boolean {
    return !this.server.isStopping
  }

  get keepAliveSeconds(): number {
    return this.server.keepAliveSeconds
  }

  onFinished(keepsAlive: boolean): void {
    if (!keepsAlive) this.socket.destroySoon()
    else if (this.request?.complete) this.goOn()
  }

  /** Lets go of the socket, which is somebody else's from now on. */
  release(): void {
    const { socket } = this
    socket.off('data', this.onData).off('end', this.onEnd).off('drain', this.onDrain).off('close', this.onClose)
  }

  private readonly onData = (bytes: Buffer): void => {
    const { request } = this
    if (request === undefined) {
      this.begin(bytes)
      return
    }
    this.keepAhead(request.receive(bytes))
    if (request.complete && this.response?.writableFinished) this.goOn()
  }

  /** @param bytes where a request begins; a head that is not whole there is not waited for */
  private begin(bytes: Buffer): void {
    const end = bytes.indexOf(headEnd)
    const isShort = end !== -1 && end <= this.server.headBytes
    const head = isShort ? readPlainHead(bytes, end) : undefined
    if (head === undefined || !this.server.takes(head)) {
      this.giveBack(bytes)
      return
    }
    this.isNew = false
    this.waitingSince = undefined
    const request = new PlainRequest(head, this.socket)
    const response = new PlainResponse(this)
    this.request = request
    this.response = response
    const behind = bytes.subarray(end + headEnd.length)
    if (behind.length > 0) this.keepAhead(request.receive(behind))
    this.server.serve(request, response)
  }

  /** The answer is out and its request read: waits for the next one, or begins it. */
  private goOn(): void {
    const { ahead, socket } = this
    // Nobody would hear the answer to the next one.
    if (!socket.writable) return
    this.request = undefined
    this.response = undefined
    this.ahead = undefined
    this.waitingSince = performance.now()
    if (socket.isPaused()) socket.resume()
    if (ahead !== undefined) this.begin(ahead)
  }

  private keepAhead(bytes: Buffer | undefined): void {
    if (bytes === undefined) return
    this.ahead = this.ahead === undefined ? bytes : Buffer.concat([this.ahead, bytes])
    if (this.ahead.length > mostAhead) this.socket.pause()
  }

  private giveBack(bytes: Buffer): void {
    const { socket } = this
    this.release()
    // Told in the next turn, to whoever listens by then.
    socket.unshift(bytes)
    this.server.handOver(this)
  }

  /** Who sends no more waits for nothing, either: the same as at Node's server. */
  private readonly onEnd = () => {
    const { request, response, server, socket } = this
    if (request === undefined || request.complete || response?.headersSent) socket.end()
    else server.refuseCut(socket, request.url)
  }

  private readonly onDrain = () => {
    this.response?.emit('drain')
  }

  private readonly onClose = () => {
    this.server.forget(this)
    this.request?.breakOff()
    this.response?.close()
  }
}

function ignore(): void {}

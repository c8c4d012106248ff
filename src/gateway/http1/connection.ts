import type { Socket } from 'node:net'
import { type AnswerHead, readAnswerHead } from './answer-head.ts'
import { ChunkedReader } from './chunked-reader.ts'
import type { Connector, SocketTarget } from './open-socket.ts'
import { renderRequestHead } from './request-text.ts'
import { malformed, WireError } from './wire-error.ts'

/** What an exchange sends: nothing, bytes, or pieces that come while they are sent. */
export type WireBody = null | Buffer | AsyncIterable<Buffer>

export interface WireRequest {
  method: string
  path: string
  /** Name, value, name, value …; a `content-length` among them is the length of a body that comes in pieces. */
  headers: readonly string[]
  body: WireBody
}

/** Hears of one answer, in this order; `onComplete` or `onError` is called once, and nothing after it. */
export interface AnswerHandler {
  /** @param resume goes on after an `onData` that returned false */
  onHeaders(status: number, headers: string[], resume: () => void): void
  /** A piece of the body, its memory the handler's own. False: no more until `resume` is called. */
  onData(chunk: Buffer): boolean
  onComplete(): void
  onError(error: Error): void
}

/** How long a silence may last, in ticks of whoever calls `tick`. */
export interface ConnectionTimes {
  /** From the request's last byte to the answer's first. */
  firstByteTicks: number
  /** Between two pieces of the answer; a caller who takes none is not counted. */
  idleTicks: number
  tickMs: number
}

/** The connections of an origin, as one of them sees them. */
export interface Home {
  target: SocketTarget
  connect: Connector
  times(): ConnectionTimes
  /** The exchange is over, and the connection can take another. */
  rest(connection: Connection): void
  /** The connection is gone. */
  leave(connection: Connection): void
}

const longestHead = 64 * 1024
/** A body up to this size travels in one piece with its head. */
const shortBody = 8 * 1024
const endOfHead = '\r\n\r\n'
/** Others' servers close what they think idle after 5 s and more; what they close while a request is on its way is lost. */
const keepMs = 4_000
const longestKeepMs = 60_000
const nothing = Buffer.alloc(0)

/**
 * A connection to a provider, one exchange at a time. Never retries: a connection that breaks under a request may have
 * delivered it. What cannot be read as HTTP/1.1 ends the exchange and the connection.
 */
export class Connection {
  private readonly home: Home
  private socket: Socket | undefined
  private stands = false
  private handler: AnswerHandler | undefined
  /** Of the request under way. */
  private method = ''
  /** The request's last byte is with the system. */
  private sent = false
  private head: AnswerHead | undefined
  private headBytes: Buffer = nothing
  private left = 0
  private chunks: ChunkedReader | undefined
  private paused = false
  private quietTicks = 0
  private keepMs = keepMs
  private onDrain: (() => void) | undefined

  constructor(home: Home) {
    this.home = home
  }

  /** @returns ends the exchange in every phase, and with it the connection; the handler hears of it as an error */
  send(request: WireRequest, handler: AnswerHandler): (error: Error) => void {
    this.handler = handler
    this.method = request.method
    this.sent = false
    this.head = undefined
    this.headBytes = nothing
    this.quietTicks = 0
    if (this.stands) this.write(request)
    else this.open(request)
    return (error) => {
      if (this.handler === handler) this.fail(error)
    }
  }

  /** At rest and not yet closed by the other side. */
  get canServe(): boolean {
    return this.stands && (this.socket as Socket).writable
  }

  /** Called at even intervals: ends what has been silent for too long. */
  tick(): void {
    if (!this.stands || this.paused) return
    this.quietTicks++
    const { firstByteTicks, idleTicks, tickMs } = this.home.times()
    if (this.handler === undefined) {
      if (this.quietTicks * tickMs >= this.keepMs) this.destroy()
    } else if (this.head !== undefined) {
      if (this.quietTicks > idleTicks) this.fail(new WireError('idle_timeout', 'the answer stopped coming'))
    } else if (this.isWaited && this.quietTicks > firstByteTicks)
      this.fail(new WireError('first_byte_timeout', 'no answer came'))
  }

  /** The provider is waited for, not the caller's upload. */
  private get isWaited(): boolean {
    return this.sent || (this.socket as Socket).writableNeedDrain
  }

  close(): void {
    this.fail(closed())
  }

  private destroy(): void {
    this.stands = false
    if (this.socket === undefined) this.home.leave(this)
    else this.socket.destroy()
  }

  private open(request: WireRequest): void {
    const { connect, target } = this.home
    const socket = connect(target, (error, connected) => {
      if (connected === undefined) this.fail(error ?? closed())
      else if (this.handler === undefined) connected.destroy()
      else {
        this.listen(connected)
        this.write(request)
      }
    })
    if (socket !== undefined) {
      this.socket = socket
      socket.once('close', () => this.home.leave(this))
    }
  }

  private listen(socket: Socket): void {
    this.socket = socket
    this.stands = true
    socket.on('data', (chunk: Buffer) => this.receive(chunk))
    socket.on('drain', () => this.drained())
    socket.on('end', () => this.ended())
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => this.fail(closed()))
  }

  private write({ method, path, headers, body }: WireRequest): void {
    const { host } = this.home.target
    const length = body === null ? 0 : Buffer.isBuffer(body) ? body.length : undefined
    let head: string
    try {
      head = renderRequestHead({ method, path, host: host as string, headers, length })
    } catch (error) {
      this.fail(error as Error)
      return
    }
    const socket = this.socket as Socket
    if (body === null) socket.write(head, 'latin1')
    else if (!Buffer.isBuffer(body)) {
      socket.write(head, 'latin1')
      void this.stream(body, headers)
      return
    } else if (body.length <= shortBody) socket.write(head + body.toString('latin1'), 'latin1')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
    }
    this.sent = true
  }

  /** A body that comes in pieces, no faster than the provider takes it. */
  private async stream(body: AsyncIterable<Buffer>, headers: readonly string[]): Promise<void> {
    const handler = this.handler
    const socket = this.socket as Socket
    const isOver = () => this.handler !== handler
    const length = declaredLength(headers)
    let bytes = 0
    try {
      for await (const chunk of body) {
        if (isOver()) return
        if (chunk.length === 0) continue
        bytes += chunk.length
        if (length !== undefined && bytes > length) throw lengthBroken()
        this.quietTicks = 0
        if (!writePiece(socket, chunk, length === undefined)) await this.untilDrained()
        if (isOver()) return
      }
      if (length === undefined) socket.write('0\r\n\r\n', 'latin1')
      else if (bytes < length) throw lengthBroken()
      this.quietTicks = 0
      this.sent = true
    } catch (error) {
      if (!isOver()) this.fail(error as Error)
    }
  }

  private untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.onDrain = resolve
    })
  }

  private drained(): void {
    this.quietTicks = 0
    const done = this.onDrain
    this.onDrain = undefined
    done?.()
  }

  private receive(chunk: Buffer): void {
    this.quietTicks = 0
    // Bytes that nobody asked for: they would be taken for the next answer.
    if (this.handler === undefined) {
      this.destroy()
      return
    }
    try {
      if (this.head !== undefined) this.receiveBody(chunk)
      else this.receiveHead(this.headBytes.length === 0 ? chunk : Buffer.concat([this.headBytes, chunk]))
    } catch (error) {
      this.fail(error as Error)
    }
  }

  private receiveHead(bytes: Buffer): void {
    const end = bytes.indexOf(endOfHead, Math.max(0, this.headBytes.length - 3), 'latin1')
    if ((end === -1 ? bytes.length : end) > longestHead) throw malformed('its head is too long')
    if (end === -1) {
      this.headBytes = bytes
      return
    }
    this.headBytes = nothing
    const head = readAnswerHead(bytes.toString('latin1', 0, end), this.method)
    const rest = end + endOfHead.length === bytes.length ? nothing : bytes.subarray(end + endOfHead.length)
    if (head.status === 101) throw malformed('it changes the protocol, which nobody asked for')
    if (head.status >= 200) {
      this.begin(head)
      if (this.handler !== undefined && (head.framing === 0 || rest.length > 0)) this.receiveBody(rest)
      // Early hints and the like came before the answer.
    } else if (rest.length > 0) this.receiveHead(rest)
  }

  private begin(head: AnswerHead): void {
    this.head = head
    this.left = typeof head.framing === 'number' ? head.framing : 0
    this.chunks = head.framing === 'chunked' ? new ChunkedReader() : undefined
    this.keepMs = head.keepAliveMs === undefined ? keepMs : Math.min(head.keepAliveMs - 1_000, longestKeepMs)
    const handler = this.handler as AnswerHandler
    handler.onHeaders(head.status, head.headers, () => this.goOn(handler))
  }

  private receiveBody(bytes: Buffer): void {
    const { framing } = this.head as AnswerHead
    if (framing === 'close') this.pass(bytes)
    else if (framing === 'chunked') this.receiveChunks(bytes)
    else this.receiveCounted(bytes)
  }

  private receiveChunks(bytes: Buffer): void {
    const reader = this.chunks as ChunkedReader
    const payload = reader.read(bytes)
    if (payload.length > 0) this.pass(payload)
    if (reader.isOver && this.handler !== undefined) this.complete(reader.surplus > 0)
  }

  private receiveCounted(bytes: Buffer): void {
    const taken = Math.min(this.left, bytes.length)
    this.left -= taken
    if (taken > 0) this.pass(taken === bytes.length ? bytes : bytes.subarray(0, taken))
    if (this.left === 0 && this.handler !== undefined) this.complete(taken < bytes.length)
  }

  private pass(bytes: Buffer): void {
    if ((this.handler as AnswerHandler).onData(bytes) || this.handler === undefined) return
    this.paused = true
    ;(this.socket as Socket).pause()
  }

  private goOn(handler: AnswerHandler): void {
    if (this.handler !== handler || !this.paused) return
    this.paused = false
    this.quietTicks = 0
    ;(this.socket as Socket).resume()
  }

  private ended(): void {
    if (this.handler === undefined) this.destroy()
    else if (this.head?.framing === 'close') this.complete(true)
    else this.fail(closed())
  }

  /** @param spoilt the connection cannot carry another exchange */
  private complete(spoilt: boolean): void {
    const handler = this.handler as AnswerHandler
    const { keepsAlive } = this.head as AnswerHead
    this.handler = undefined
    if (this.paused) {
      this.paused = false
      ;(this.socket as Socket).resume()
    }
    // An answer that came before the request was sent whole leaves the rest of it unsaid.
    if (spoilt || !keepsAlive || !this.sent || this.keepMs <= 0) this.destroy()
    else this.home.rest(this)
    handler.onComplete()
    this.drained()
  }

  private fail(error: Error): void {
    const handler = this.handler
    this.handler = undefined
    this.destroy()
    handler?.onError(error)
    this.drained()
  }
}

function writePiece(socket: Socket, chunk: Buffer, framed: boolean): boolean {
  if (!framed) return socket.write(chunk)
  socket.cork()
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
  socket.write(chunk)
  const goOn = socket.write('\r\n', 'latin1')
  socket.uncork()
  return goOn
}

function declaredLength(headers: readonly string[]): number | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === 'content-length') return Number(headers[i + 1])
  }
  return undefined
}

function lengthBroken(): WireError {
  return new WireError('request_malformed', 'the body is not as long as its header says')
}

function closed(): WireError {
  return new WireError('connection_closed', 'the other side closed the connection')
}

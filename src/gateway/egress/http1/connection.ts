import type { Socket } from 'node:net'
import { countShortLived } from '../../../lib/index.ts'
import type { AnswerHead } from './answer-head.ts'
import { AnswerReader } from './answer-reader.ts'
import type { Connector, SocketTarget } from './open-socket.ts'
import { RequestWriter } from './request-writer.ts'
import type { AnswerHandler, ConnectionTimes, WireRequest } from './wire.ts'
import { WireError } from './wire-error.ts'

/** Where a connection belongs: what it needs of the origin's connections, and what it tells them. */
export interface Home {
  target: SocketTarget
  connect: Connector
  times(): ConnectionTimes
  /** Whether connections are used again at all. */
  readonly reuses: boolean
  /** The other side closed a connection right after an answer, without having said that it would. */
  closedUnsaid(): void
  /** The other side sent something that nobody had asked for. */
  saidUnasked(): void
  /** The exchange is over, and the connection can take another. */
  rest(connection: Connection): void
  /** The connection is gone. */
  leave(connection: Connection): void
}

/** Servers close idle connections after 5 s or more. Ours is closed earlier: a request sent into a closing connection is lost. */
const usualKeepMs = 4_000
const longestKeepMs = 60_000
/** Taken off the time that the server tells: its clock started earlier, and a request takes a moment to get there. */
const keepMarginMs = 1_000
/** Some servers say so when they close an idle connection: that one answer means no other request. */
const closesIdle = /^HTTP\/1\.[01] 408 /

/**
 * A connection to a provider, one exchange at a time. Never retries: a connection that breaks under a request may have
 * delivered it. What cannot be read as HTTP/1.1 ends the exchange and the connection.
 */
export class Connection {
  /** Whose exchange it carries, or carried last. */
  owner: string | undefined
  private readonly home: Home
  private socket: Socket | undefined
  /** Absent until the connection stands. */
  private writer: RequestWriter | undefined
  private readonly answer = new AnswerReader()
  /** Of the exchange under way. Callbacks of an earlier exchange notice that it is another one, or gone. */
  private handler: AnswerHandler | undefined
  private paused = false
  private quietTicks = 0
  private answers = 0
  private keepMs = usualKeepMs

  constructor(home: Home) {
    this.home = home
  }

  /** @returns ends the exchange in every phase, and with it the connection; the handler hears of it as an error */
  send(request: WireRequest, handler: AnswerHandler): (error: Error) => void {
    this.handler = handler
    this.owner = request.owner
    this.quietTicks = 0
    this.answer.expect(request.method)
    if (this.writer === undefined) this.open(request)
    else this.write(this.writer, request)
    return (error) => {
      if (this.handler === handler) this.fail(error)
    }
  }

  /** At rest and not yet closed by the other side. */
  get canServe(): boolean {
    return (this.socket as Socket).writable
  }

  /** At rest, and nothing has come for a whole tick at least. */
  get isQuiet(): boolean {
    return this.quietTicks >= 2
  }

  /** Called at even intervals: ends what has been silent for too long. */
  tick(): void {
    if (this.writer === undefined || this.paused) return
    this.quietTicks++
    const { firstByteTicks, idleTicks, tickMs } = this.home.times()
    if (this.handler === undefined) {
      if (this.quietTicks * tickMs >= this.keepMs) this.destroy()
    } else if (!this.writer.isWaitedFor) return
    else if (this.answer.head !== undefined) {
      if (this.quietTicks > idleTicks) this.fail(new WireError('idle_timeout', 'the answer stopped coming'))
    } else if (this.quietTicks > firstByteTicks) this.fail(new WireError('first_byte_timeout', 'no answer came'))
  }

  close(error: Error): void {
    this.fail(error)
  }

  private destroy(): void {
    if (this.socket === undefined) this.home.leave(this)
    else this.socket.destroy()
  }

  private open(request: WireRequest): void {
    const { connect, target } = this.home
    try {
      this.socket = connect({ ...target, hear: (piece) => this.receive(piece) }, (error, connected) => {
        if (connected === undefined) this.fail(error ?? closed())
        else if (this.handler === undefined) connected.destroy()
        else this.write(this.listen(connected), request)
      })
    } catch (error) {
      this.fail(error as Error)
    }
    this.socket?.once('close', () => this.home.leave(this))
  }

  private listen(socket: Socket): RequestWriter {
    const writer = new RequestWriter(socket, {
      onProgress: () => {
        this.quietTicks = 0
      },
      onBroken: (error) => this.fail(error),
    })
    this.socket = socket
    this.writer = writer
    socket.on('end', () => this.ended())
    socket.on('error', (error) => this.fail(error))
    socket.on('close', () => this.fail(closed()))
    return writer
  }

  private write(writer: RequestWriter, request: WireRequest): void {
    try {
      writer.write(request, this.home.target.host)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /** @param piece in memory that is used again at the next read */
  private receive(piece: Buffer): void {
    // Bytes without a request: they would be taken for the answer to the next one.
    if (this.handler === undefined || this.writer === undefined) {
      this.destroy()
      if (!closesIdle.test(piece.toString('latin1', 0, 13))) this.home.saidUnasked()
      return
    }
    try {
      this.read(piece)
    } catch (error) {
      this.fail(error as Error)
      return
    }
    if (!this.answer.isOver || this.handler === undefined) return
    if (this.answer.hasSurplus) this.home.saidUnasked()
    this.complete(this.answer.hasSurplus)
  }

  private read(piece: Buffer): void {
    const { answer } = this
    let body: Buffer | undefined = piece
    if (answer.head === undefined) {
      body = answer.readHead(piece)
      if (body === undefined) return
      this.begin(answer.head as unknown as AnswerHead)
      if (this.handler === undefined) return
    }
    this.quietTicks = 0
    const payload = answer.readBody(body)
    if (payload.length > 0) this.pass(payload)
  }

  private begin({ status, headers, keepAliveMs }: AnswerHead): void {
    const handler = this.handler as AnswerHandler
    this.keepMs = keepAliveMs === undefined ? usualKeepMs : Math.min(keepAliveMs - keepMarginMs, longestKeepMs)
    handler.onHeaders(status, headers, () => this.goOn(handler))
  }

  private pass(payload: Buffer): void {
    // Set before `onData`, which may call `resume` itself.
    this.paused = true
    countShortLived(payload.length)
    if ((this.handler as AnswerHandler).onData(Buffer.from(payload))) this.paused = false
    else if (this.paused) (this.socket as Socket).pause()
  }

  private goOn(handler: AnswerHandler): void {
    if (this.handler !== handler || !this.paused) return
    this.paused = false
    ;(this.socket as Socket).resume()
  }

  private ended(): void {
    const isUnasked = this.handler === undefined || (this.answers > 0 && this.answer.head === undefined)
    if (isUnasked && this.quietTicks <= 1) this.home.closedUnsaid()
    if (this.handler === undefined) this.destroy()
    else if (this.answer.endsByClose) this.complete(true)
    else this.fail(closed())
  }

  /** @param spoilt the connection cannot carry another exchange */
  private complete(spoilt: boolean): void {
    const handler = this.handler as AnswerHandler
    const writer = this.writer as RequestWriter
    const { keepsAlive } = this.answer.head as AnswerHead
    this.handler = undefined
    this.answers++
    writer.stop()
    if (this.paused) {
      this.paused = false
      ;(this.socket as Socket).resume()
    }
    // If the answer came before the whole request was sent, the rest of the request will never be.
    if (spoilt || !keepsAlive || !writer.isDone || this.keepMs <= 0 || !this.home.reuses) this.destroy()
    else this.home.rest(this)
    try {
      handler.onComplete()
    } catch (error) {
      handler.onError(error as Error)
    }
  }

  private fail(error: Error): void {
    const { handler } = this
    this.handler = undefined
    this.destroy()
    this.writer?.stop()
    handler?.onError(error)
  }
}

function closed(): WireError {
  return new WireError('connection_closed', 'the other side closed the connection')
}

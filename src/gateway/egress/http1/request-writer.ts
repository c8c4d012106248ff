import type { Socket } from 'node:net'
import { renderRequestHead } from './request-text.ts'
import type { WireBody, WireRequest } from './wire.ts'
import { WireError } from './wire-error.ts'

/** A body up to this size travels in one piece with its head. */
const shortBody = 8 * 1024
const smallestPiece = 4 * 1024
/** A longer body goes out in pieces of this size: each one that is taken shows that the provider is still reading. */
const longPiece = 256 * 1024

/** Whom a writer tells how it goes. */
export interface Sender {
  /** Something more is on its way. */
  onProgress(): void
  /** The body ended in an error, or not at its length. */
  onBroken(error: Error): void
}

/** Writes one request after another to a socket, no faster than the provider takes it. */
export class RequestWriter {
  private readonly socket: Socket
  private readonly sender: Sender
  /** The request was written to its last byte. */
  private isWritten = false
  /** Number of the request: a body of an earlier one writes nothing more, even if its next piece comes late. */
  private turn = 0
  private onDrain: (() => void) | undefined
  /** Where a head and a short body are joined. Reused: the next request comes only after this one was sent completely. */
  private piece: Buffer | undefined

  constructor(socket: Socket, sender: Sender) {
    this.socket = socket
    this.sender = sender
    socket.on('drain', () => {
      sender.onProgress()
      this.wake()
    })
  }

  /** True when it is the provider that is waited for, and not the caller's upload. */
  get isWaitedFor(): boolean {
    return this.isWritten || this.socket.writableNeedDrain
  }

  /** True when the whole request was handed to the operating system, so that another one may follow it. */
  get isDone(): boolean {
    return this.isWritten && this.socket.writableLength === 0
  }

  /**
   * @param host as the `host` header says it
   * @throws WireError request_malformed before anything was written
   */
  write({ method, path, headers, body }: WireRequest, host: string): void {
    const { socket } = this
    const pieces = piecesOf(body)
    const length = pieces?.reduce((sum, piece) => sum + piece.length, 0)
    const head = renderRequestHead({ method, path, host, headers, length })
    this.isWritten = true
    if (pieces !== undefined && (length as number) <= longPiece) this.writeAtOnce(head, pieces, length as number)
    else {
      socket.write(head, 'latin1')
      void this.stream(
        pieces === undefined ? (body as AsyncIterable<Buffer>) : cut(pieces),
        length ?? declaredLength(headers),
      )
    }
  }

  private writeAtOnce(head: string, pieces: readonly Buffer[], length: number): void {
    const { socket } = this
    if (length === 0) socket.write(head, 'latin1')
    else if (length <= shortBody) socket.write(this.together(head, pieces, length))
    else {
      socket.cork()
      socket.write(head, 'latin1')
      for (const piece of pieces) socket.write(piece)
      socket.uncork()
    }
  }

  private together(head: string, body: readonly Buffer[], bodyLength: number): Buffer {
    const length = head.length + bodyLength
    if (this.piece === undefined || this.piece.length < length)
      this.piece = Buffer.allocUnsafeSlow(Math.max(length, smallestPiece))
    let at = this.piece.write(head, 0, 'latin1')
    for (const piece of body) at += piece.copy(this.piece, at)
    return this.piece.subarray(0, length)
  }

  /** The exchange is over: nothing more of its body is read or written. */
  stop(): void {
    this.turn++
    this.wake()
  }

  /** @param length undefined: the body goes out in chunks */
  private async stream(body: AsyncIterable<Buffer> | Iterable<Buffer>, length: number | undefined): Promise<void> {
    const { turn } = this
    let bytes = 0
    this.isWritten = false
    try {
      for await (const piece of body) {
        if (turn !== this.turn) return
        bytes += piece.length
        if (length !== undefined && bytes > length) throw lengthBroken()
        // An empty chunk would be the last one.
        if (piece.length > 0 && !this.writePiece(piece, length === undefined)) await this.untilDrained()
        if (turn !== this.turn) return
      }
      if (turn !== this.turn) return
      if (length === undefined) this.socket.write('0\r\n\r\n', 'latin1')
      else if (bytes < length) throw lengthBroken()
      this.isWritten = true
      this.sender.onProgress()
    } catch (error) {
      if (turn === this.turn) this.sender.onBroken(error as Error)
    }
  }

  private writePiece(piece: Buffer, framed: boolean): boolean {
    const { socket } = this
    this.sender.onProgress()
    if (!framed) return socket.write(piece)
    socket.cork()
    socket.write(`${piece.length.toString(16)}\r\n`, 'latin1')
    socket.write(piece)
    const goOn = socket.write('\r\n', 'latin1')
    socket.uncork()
    return goOn
  }

  private untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.onDrain = resolve
    })
  }

  private wake(): void {
    const { onDrain } = this
    this.onDrain = undefined
    onDrain?.()
  }
}

const nothing: readonly Buffer[] = []

/** Of a body that is here; undefined: it is still coming. */
function piecesOf(body: WireBody): readonly Buffer[] | undefined {
  if (body === null) return nothing
  if (Buffer.isBuffer(body)) return [body]
  return Array.isArray(body) ? (body as readonly Buffer[]) : undefined
}

function* cut(pieces: readonly Buffer[]): Generator<Buffer> {
  for (const piece of pieces)
    for (let at = 0; at < piece.length; at += longPiece) yield piece.subarray(at, at + longPiece)
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

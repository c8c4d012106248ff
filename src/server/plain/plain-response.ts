import { EventEmitter } from 'node:events'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { CallerResponse } from '../../gateway/index.ts'
import { headerName, isHeaderValue } from '../../lib/index.ts'

/** The connection that the answer goes out on. */
export interface Way {
  readonly socket: Socket
  /** It may serve another request behind this one. */
  readonly keepsAlive: boolean
  readonly keepAliveSeconds: number
  /** Called once, when the answer is out. @param keepsAlive false: the connection has to end with it */
  onFinished(keepsAlive: boolean): void
}

/** Up to this size a piece is copied, so that it goes out in one write with what frames it. */
const shortPiece = 16 * 1024
const nothing = Buffer.alloc(0)
/** Statuses of answers without a body. */
const bodiless: ReadonlySet<number> = new Set([204, 304])

/** The answer on a plain connection. */
export class PlainResponse extends EventEmitter implements CallerResponse {
  headersSent = false
  writableFinished = false
  readonly socket: Socket
  private readonly way: Way
  /** Made, and not sent yet: it goes out with the first piece of the body. */
  private head = ''
  /** Bytes of the body that are still due; undefined: it goes in chunks. */
  private due: number | undefined
  private keepsAlive = true
  private hasEnded = false
  private isClosed = false

  constructor(way: Way) {
    super()
    this.way = way
    this.socket = way.socket
  }

  get destroyed(): boolean {
    return this.socket.destroyed && !this.writableFinished
  }

  writeHead(status: number, headers: readonly string[]): this {
    if (this.headersSent) throw new Error('the head of this answer is made already')
    this.keepsAlive = this.way.keepsAlive
    this.due = bodiless.has(status) ? 0 : undefined
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i] as string
      const value = headers[i + 1] as string
      const known = headerName(name)
      if (known === '' || !isHeaderValue(value)) throw new Error('a header of this answer is none')
      if (known === 'connection') this.keepsAlive &&= value.toLowerCase() !== 'close'
      else text += `${name}: ${value}\r\n`
      if (known === 'content-length') this.due ??= Number(value)
    }
    text += `Date: ${dateNow()}\r\n`
    text += this.keepsAlive
      ? `Connection: keep-alive\r\nKeep-Alive: timeout=${this.way.keepAliveSeconds}\r\n`
      : 'Connection: close\r\n'
    this.head = this.due === undefined ? `${text}Transfer-Encoding: chunked\r\n\r\n` : `${text}\r\n`
    this.headersSent = true
    return this
  }

  write(chunk: Buffer | string, written?: () => void): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    return this.mayWrite(bytes) && this.send(bytes, false, written)
  }

  end(chunk: Buffer = nothing): this {
    if (!this.mayWrite(chunk)) return this
    this.hasEnded = true
    this.send(chunk, true, this.finish)
    return this
  }

  /** Behind a finished answer the connection is for the next one. */
  destroy(): this {
    if (!this.writableFinished) this.socket.destroy()
    return this
  }

  /** The answer is out, or its connection gone. */
  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.emit('close')
  }

  /** More than was announced would be read as the next answer, so it ends the connection. */
  private mayWrite(bytes: Buffer): boolean {
    if (this.hasEnded || !this.socket.writable) return false
    if (this.due === undefined) return true
    this.due -= bytes.length
    if (this.due < 0) this.socket.destroy()
    return this.due >= 0
  }

  private send(bytes: Buffer, isLast: boolean, written?: (error?: Error | null) => void): boolean {
    const { socket, head } = this
    const inChunks = this.due === undefined
    const isChunk = inChunks && bytes.length > 0
    const before = isChunk ? `${head}${bytes.length.toString(16)}\r\n` : head
    const behind = `${isChunk ? '\r\n' : ''}${inChunks && isLast ? '0\r\n\r\n' : ''}`
    this.head = ''
    if (before === '' && behind === '') return socket.write(bytes, written)
    if (bytes.length > shortPiece) return sendParts(socket, [before, bytes, behind], written)
    const whole = Buffer.allocUnsafe(before.length + bytes.length + behind.length)
    whole.write(before, 0, 'latin1')
    whole.set(bytes, before.length)
    if (behind !== '') whole.write(behind, before.length + bytes.length, 'latin1')
    return socket.write(whole, written)
  }

  private readonly finish = (error?: Error | null): void => {
    // A write that is under way when the socket is destroyed is told without an error.
    if (error || this.socket.destroyed) return
    this.writableFinished = true
    this.close()
    // Who was promised more than came must not take the next answer for the rest.
    this.way.onFinished(this.keepsAlive && !this.due)
  }
}

function sendParts(
  socket: Socket,
  [before, bytes, behind]: [string, Buffer, string],
  written: ((error?: Error | null) => void) | undefined,
): boolean {
  socket.cork()
  socket.write(before, 'latin1')
  socket.write(bytes)
  const goesOn = socket.write(behind, 'latin1', written)
  socket.uncork()
  return goesOn
}

let date = ''
let dateUntil = 0

/** The time as heads tell it; made once a second. */
function dateNow(): string {
  const now = Date.now()
  if (now >= dateUntil || now < dateUntil - 1000) {
    date = new Date(now).toUTCString()
    dateUntil = now - (now % 1000) + 1000
  }
  return date
}

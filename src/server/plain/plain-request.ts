import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { CallerRequest } from '../../gateway/index.ts'
import type { PlainHead } from './plain-head.ts'

/** So many bytes that nobody reads yet are taken from the connection; then it waits. */
const mostUnread = 64 * 1024

/** A request on a plain connection. Its body is known by its length alone. */
export class PlainRequest extends EventEmitter implements CallerRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly socket: Socket
  /** Bytes of the body that have not come yet. */
  private missing: number
  private unread: Buffer[] = []
  private unreadBytes = 0
  private flows = false
  private isOver = false

  constructor({ method, url, rawHeaders, length }: PlainHead, socket: Socket) {
    super()
    this.method = method
    this.url = url
    this.rawHeaders = rawHeaders
    this.socket = socket
    this.missing = length
  }

  get complete(): boolean {
    return this.missing === 0
  }

  /** @returns what stands behind the body: the beginning of the next request */
  receive(bytes: Buffer): Buffer | undefined {
    const own = bytes.length <= this.missing ? bytes : bytes.subarray(0, this.missing)
    this.missing -= own.length
    if (own.length > 0) {
      if (this.flows && this.unread.length === 0) this.emit('data', own)
      else this.keep(own)
      if (this.missing === 0 && this.flows) this.flow()
    }
    return own.length === bytes.length ? undefined : bytes.subarray(own.length)
  }

  takeWhole(): Buffer[] | undefined {
    if (this.missing > 0 || this.flows || this.isOver) return undefined
    const { unread } = this
    this.unread = []
    this.isOver = true
    this.letCome()
    return unread
  }

  resume(): this {
    if (this.flows) return this
    this.flows = true
    process.nextTick(() => this.flow())
    return this
  }

  pause(): this {
    this.flows = false
    return this
  }

  /** Nothing more can come. */
  breakOff(): void {
    if (this.isOver) return
    this.isOver = true
    this.emit('close')
  }

  private keep(bytes: Buffer): void {
    this.unread.push(bytes)
    this.unreadBytes += bytes.length
    if (this.unreadBytes >= mostUnread) this.socket.pause()
  }

  /** What was kept is with its reader. */
  private letCome(): void {
    if (this.unreadBytes >= mostUnread) this.socket.resume()
    this.unreadBytes = 0
  }

  /** Tells what is here, and the end when nothing is missing. */
  private flow(): void {
    while (this.flows && this.unread.length > 0) this.emit('data', this.unread.shift())
    if (!this.flows || this.isOver) return
    this.letCome()
    if (this.missing > 0) return
    this.isOver = true
    this.emit('end')
  }
}

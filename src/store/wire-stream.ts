import { Duplex } from 'node:stream'

/** Sends whole protocol messages to the database and gives its answer. Called again only when the answer is there. */
export type Exchange = (messages: Uint8Array) => Promise<Uint8Array>

/** The messages after which a client waits for an answer: query, sync, flush. Others are held until one of these comes. */
const asksForAnswer = new Set(['Q', 'S', 'H'].map((letter) => letter.charCodeAt(0)))
const terminate = 'X'.charCodeAt(0)
const lengthBytes = 4

/** What `pg` takes for a socket: PostgreSQL's wire protocol over a function instead of a network. */
export class WireStream extends Duplex {
  readonly #exchange: Exchange
  #pending: Buffer = Buffer.alloc(0)
  #started = false

  constructor(exchange: Exchange) {
    super()
    this.#exchange = exchange
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'))
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  override _read(): void {}

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#take(chunk, done)
  }

  override _final(done: () => void): void {
    this.push(null)
    done()
  }

  #take(chunk: Buffer, done: (error?: Error | null) => void): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    const ready = this.#readyBytes()
    if (ready === 0) {
      done()
      return
    }
    const messages = Uint8Array.from(this.#pending.subarray(0, ready))
    this.#pending = this.#pending.subarray(ready)
    this.#exchange(messages).then(
      (answer) => {
        if (answer.length > 0) this.push(Buffer.from(answer.buffer, answer.byteOffset, answer.length))
        done()
      },
      (error) => done(error),
    )
  }

  /** Up to where the held bytes are whole messages that end with one that asks for an answer. */
  #readyBytes(): number {
    let ready = 0
    let at = 0
    while (at < this.#pending.length) {
      // The first message, the start-up, has no letter before its length.
      const head = this.#started ? 1 : 0
      if (at + head + lengthBytes > this.#pending.length) break
      const letter = this.#pending[at] as number
      const end = at + head + this.#pending.readUInt32BE(at + head)
      if (end > this.#pending.length) break
      // Saying goodbye would end the database itself; closing is the worker's own message.
      if (this.#started && letter === terminate) {
        this.#pending = this.#pending.subarray(0, at)
        break
      }
      if (!this.#started || asksForAnswer.has(letter)) ready = end
      this.#started = true
      at = end
    }
    return ready
  }
}

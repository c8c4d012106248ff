import { OwnkeyError } from '../../contract/index.ts'
import { countShortLived } from '../../lib/index.ts'
import type { CallerRequest } from '../caller-messages.ts'
import type { BodyWatch, WaitedFor } from './body-watch.ts'
import type { RequestHead } from './request-head.ts'

/** What an attempt sends: nothing, bytes in one piece or several, or a stream of the bytes at hand and those still to come. */
export type UpstreamBody = null | Buffer | readonly Buffer[] | AsyncIterable<Buffer>

export interface BodyLimits {
  /** A body up to this size is kept while it is sent, so that another attempt can send it again. */
  replayBytes: number
  /** Refused beyond. */
  maxBodyBytes: number
}

/**
 * A request's body: read from the socket as fast as the provider takes it, and kept for another attempt as long as one may follow
 * and the body is small enough.
 */
export class RequestBody implements WaitedFor {
  readonly declaredLength: number | undefined
  waitingSince = 0
  place = -1
  private readonly limits: BodyLimits
  private readonly watch: BodyWatch
  private readonly req: CallerRequest
  private readonly hasBody: boolean
  /** Chunks read and still kept; a stream walks over them by index. */
  private kept: Buffer[] = []
  private keeping = true
  private received = 0
  /** The stream that the last attempt reads; absent: the body was at hand and sent as a whole. */
  streamed: AsyncIterable<Buffer> | undefined
  /** Sees every byte, in order, until it has seen enough. */
  private reader: ((chunk: Buffer) => boolean) | undefined
  private ended: boolean
  private listening = false
  private broken: Error | undefined
  private turn = 0
  /** More than one: an attempt that was given up may still be waiting beside the next one. */
  private waiting: readonly Waiting[] = nobody

  /** @throws body_too_large when the declared length is over the limit */
  constructor(req: CallerRequest, head: RequestHead, { limits, watch }: { limits: BodyLimits; watch: BodyWatch }) {
    this.limits = limits
    this.watch = watch
    this.req = req
    this.declaredLength = head.contentLength
    this.hasBody = head.hasBody
    this.ended = !head.hasBody
    if ((head.contentLength ?? 0) > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes)
    if (head.hasBody) this.takeWhole(req.takeWhole?.())
  }

  /** @param chunks the whole body; absent: it has to be listened to */
  private takeWhole(chunks: Buffer[] | undefined): void {
    if (chunks === undefined) return
    this.kept = chunks
    this.received = this.size
    this.ended = true
    countShortLived(this.received)
  }

  get isEmpty(): boolean {
    return !this.hasBody
  }

  /** True when the whole body is here. */
  get isComplete(): boolean {
    return this.ended && this.keeping
  }

  /** True when another attempt could send the same bytes from the start. */
  get canReplay(): boolean {
    return this.keeping && this.size <= this.limits.replayBytes
  }

  /** Bytes, as far as they are known. */
  get size(): number {
    return Math.max(this.received, this.declaredLength ?? 0)
  }

  /** The bytes at hand, in order. */
  get chunks(): readonly Buffer[] {
    return this.kept
  }

  /** The bytes at hand, in one piece; a complete body is joined only once. */
  get joined(): Buffer {
    const [first] = this.kept
    if (this.kept.length === 1) return first as Buffer
    const joined = Buffer.concat(this.kept)
    // Not while an attempt walks over the chunks by index.
    if (this.isComplete && this.streamed === undefined) this.kept = [joined]
    return joined
  }

  /** Reads until the body is complete or `enough` bytes are at hand; they stay for the attempt. Undefined: they already are. */
  readAhead(enough: number): Promise<void> | undefined {
    if (this.broken !== undefined) return Promise.reject(this.broken)
    if (this.ended || this.received >= enough) return undefined
    return new Promise((resolve, reject) => {
      this.waiting = [...this.waiting, { enough, resolve, reject }]
      this.waitingSince = performance.now()
      this.watch.add(this)
      if (!this.listening) this.listen()
      this.req.resume()
    })
  }

  /** Before an attempt takes the body: has a reader see all of it as it comes. @param reader true: it has seen enough */
  readAlong(reader: (chunk: Buffer) => boolean): void {
    const enough = this.kept.some((chunk) => reader(chunk))
    this.reader = enough ? undefined : reader
  }

  /** The body for one attempt. @param again whether another attempt may follow this one */
  open(again: boolean): UpstreamBody {
    if (this.isEmpty) return null
    if (this.isComplete) {
      return this.kept.length === 1 ? (this.kept[0] as Buffer) : this.kept
    }
    this.keeping = again && this.canReplay
    this.streamed = this.stream(++this.turn)
    return this.streamed
  }

  /** @param turn number of the attempt: one that was given up ends here, and takes nothing from the one after it */
  private async *stream(turn: number): AsyncGenerator<Buffer> {
    let next = 0
    while (turn === this.turn) {
      if (!this.canReplay) this.keeping = false
      while (next < this.kept.length) {
        if (!this.keeping && next > 0) next -= this.kept.splice(0, next).length
        yield (this.keeping ? this.kept[next++] : this.kept.shift()) as Buffer
      }
      if (this.ended) return
      await this.readAhead(this.received + 1)
    }
  }

  /** The request flows only while somebody waits for a chunk, so the caller is slowed down to the upstream's pace. */
  private listen(): void {
    const { req } = this
    this.listening = true
    req.on('data', (chunk: Buffer) => {
      if (this.broken !== undefined) return
      this.received += chunk.length
      countShortLived(chunk.length)
      if (this.received > this.limits.maxBodyBytes) this.broken ??= tooLarge(this.limits.maxBodyBytes)
      else this.kept.push(chunk)
      if (this.reader?.(chunk) === true) this.reader = undefined
      if (this.received === this.declaredLength) this.ended = true
      this.arrived()
      if (!this.ended && this.waiting.length === 0) req.pause()
    })
    req.on('end', () => {
      this.ended = true
      this.arrived()
    })
    const broke = (error?: Error) => {
      if (!this.ended) this.broken ??= error ?? new Error('the request broke off')
      this.arrived()
    }
    req.on('error', broke)
    req.on('close', () => broke())
  }

  giveUp(error: Error): void {
    this.broken ??= error
    this.arrived()
  }

  /** Nobody needs what is kept, or still to come. What comes is read and dropped once the request flows. */
  drop(): void {
    this.giveUp(new Error('nobody reads the rest of the body'))
    this.kept = []
  }

  private arrived(): void {
    const { waiting, broken } = this
    if (waiting.length === 0) return
    this.waiting = nobody
    this.waitingSince = performance.now()
    for (const one of waiting) {
      if (broken !== undefined) one.reject(broken)
      else if (this.ended || this.received >= one.enough) one.resolve()
      else this.waiting = [...this.waiting, one]
    }
    if (this.waiting.length === 0) this.watch.delete(this)
  }
}

/** Somebody who goes on when so many bytes are here. */
interface Waiting {
  enough: number
  resolve(): void
  reject(error: Error): void
}

const nobody: readonly Waiting[] = []

function tooLarge(limit: number): OwnkeyError {
  return new OwnkeyError('body_too_large', {
    detail: `The request body is larger than ${limit} bytes.`,
    facts: { limit },
  })
}

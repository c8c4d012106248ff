import type { IncomingMessage } from 'node:http'
import { OwnkeyError } from '../contract/index.ts'
import { countShortLived } from '../lib/index.ts'
import type { BodyWatch, WaitedFor } from './body-watch.ts'
import type { RequestHead } from './request-head.ts'

/** What an attempt sends: nothing, bytes in one piece or several, or a stream of what is kept followed by what still comes. */
export type UpstreamBody = null | Buffer | readonly Buffer[] | AsyncIterable<Buffer>

export interface BodyLimits {
  /** A body up to this size is kept while it is sent, so that another attempt can send it again. */
  replayBytes: number
  /** Refused beyond. */
  maxBodyBytes: number
}

/**
 * A request's body on its way: read from the socket as fast as the upstream takes it, kept for another attempt while
 * that is wanted and small enough, and never longer.
 */
export class RequestBody implements WaitedFor {
  readonly declaredLength: number | undefined
  waitingSince = 0
  place = -1
  private readonly limits: BodyLimits
  private readonly watch: BodyWatch
  private readonly req: IncomingMessage
  private readonly hasBody: boolean
  /** Chunks read and not given up; a stream walks over them by index. */
  private kept: Buffer[] = []
  private keeping = true
  private received = 0
  /** What the last attempt reads while it comes; absent: the body was sent as a whole. */
  streamed: AsyncIterable<Buffer> | undefined
  private ended: boolean
  private listening = false
  private broken: Error | undefined
  private turn = 0
  /** An attempt that was given up may still wait beside the next one. */
  private waiting: readonly Waiting[] = nobody

  /** @throws body_too_large when the declared length is over the limit */
  constructor(req: IncomingMessage, head: RequestHead, { limits, watch }: { limits: BodyLimits; watch: BodyWatch }) {
    this.limits = limits
    this.watch = watch
    this.req = req
    this.declaredLength = head.contentLength
    this.hasBody = head.hasBody
    this.ended = !head.hasBody
    if ((head.contentLength ?? 0) > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes)
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

  /** What is here, in order. */
  get chunks(): readonly Buffer[] {
    return this.kept
  }

  /** What is here in one piece, which is put together once. */
  get joined(): Buffer {
    const [first] = this.kept
    if (this.kept.length === 1) return first as Buffer
    const joined = Buffer.concat(this.kept)
    // Not under an attempt that reads it by index.
    if (this.isComplete && this.streamed === undefined) this.kept = [joined]
    return joined
  }

  /** Reads until the body is complete or `enough` bytes are here, which stay for the attempt to send. Undefined: they are. */
  readAhead(enough: number): Promise<void> | undefined {
    if (this.broken !== undefined) return Promise.reject(this.broken)
    if (this.ended || this.received >= enough) return undefined
    return new Promise((resolve, reject) => {
      this.waiting = [...this.waiting, { enough, resolve, reject }]
      this.waitingSince = performance.now()
      this.watch.add(this)
      if (this.listening) this.req.resume()
      else this.listen()
    })
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

  /** @param turn an attempt that was given up takes nothing more from the one whose turn it is now */
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
      this.received += chunk.length
      countShortLived(chunk.length)
      if (this.received > this.limits.maxBodyBytes) this.broken ??= tooLarge(this.limits.maxBodyBytes)
      else this.kept.push(chunk)
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

  giveUp(error: OwnkeyError): void {
    this.broken ??= error
    this.arrived()
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

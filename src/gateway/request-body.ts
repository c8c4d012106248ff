import type { IncomingMessage } from 'node:http'
import { OwnkeyError } from '../contract/index.ts'
import type { RequestHead } from './request-head.ts'

/** What an attempt sends: nothing, bytes, or a stream of what is kept followed by what still comes. */
export type UpstreamBody = null | Buffer | AsyncIterable<Buffer>

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
export class RequestBody {
  readonly declaredLength: number | undefined
  private readonly limits: BodyLimits
  private readonly source: AsyncIterator<Buffer> | undefined
  /** Chunks read and not given up; a stream walks over them by index. */
  private readonly kept: Buffer[] = []
  private keeping = true
  private received = 0
  private ended: boolean
  private pulling: Promise<void> | undefined

  /** @throws body_too_large when the declared length is over the limit */
  constructor(req: IncomingMessage, head: RequestHead, limits: BodyLimits) {
    this.limits = limits
    this.declaredLength = head.contentLength
    if ((head.contentLength ?? 0) > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes)
    // The request must survive an attempt that stops reading it: the answer goes out on the same socket.
    if (head.hasBody) this.source = req.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
    this.ended = !head.hasBody
  }

  get isEmpty(): boolean {
    return this.source === undefined
  }

  /** True when the whole body is here. */
  get isComplete(): boolean {
    return this.ended && this.keeping
  }

  /** True when another attempt could send the same bytes from the start. */
  get canReplay(): boolean {
    return this.keeping && Math.max(this.received, this.declaredLength ?? 0) <= this.limits.replayBytes
  }

  /** What is here, in order. */
  get chunks(): readonly Buffer[] {
    return this.kept
  }

  /** Reads until the body is complete or `enough` bytes are here; they stay for the attempt to send. */
  async readAhead(enough: number): Promise<void> {
    while (!this.ended && this.received < enough) await this.pull()
  }

  /** The body for one attempt. @param again whether another attempt may follow this one */
  open(again: boolean): UpstreamBody {
    if (this.isEmpty) return null
    if (this.isComplete) return this.kept.length === 1 ? (this.kept[0] as Buffer) : Buffer.concat(this.kept)
    this.keeping = again && this.canReplay
    return this.stream()
  }

  private async *stream(): AsyncGenerator<Buffer> {
    let next = 0
    while (true) {
      if (!this.canReplay) this.keeping = false
      while (next < this.kept.length) {
        if (!this.keeping && next > 0) next -= this.kept.splice(0, next).length
        yield (this.keeping ? this.kept[next++] : this.kept.shift()) as Buffer
      }
      if (this.ended) return
      await this.pull()
    }
  }

  /** One read at a time: an attempt that was given up may still be waiting for a chunk that the next one needs. */
  private pull(): Promise<void> {
    this.pulling ??= this.read().finally(() => {
      this.pulling = undefined
    })
    return this.pulling
  }

  private async read(): Promise<void> {
    const result = await (this.source as AsyncIterator<Buffer>).next()
    if (result.done) {
      this.ended = true
      return
    }
    this.received += result.value.length
    if (this.received > this.limits.maxBodyBytes) throw tooLarge(this.limits.maxBodyBytes)
    this.kept.push(result.value)
  }
}

function tooLarge(limit: number): OwnkeyError {
  return new OwnkeyError('body_too_large', {
    detail: `The request body is larger than ${limit} bytes.`,
    facts: { limit },
  })
}

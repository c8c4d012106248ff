import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { createDeliveredText, createUsageScanner, type DeliveredText, type UsageScanner } from '../metering/index.ts'
import type { StreamFrame, StreamFraming, Usage, UsageReading } from '../providers/index.ts'
import { type CollectedHead, headerRecord } from './collect-failure.ts'

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * Reads the counts from an answer while it passes. A compressed answer passes as it is, and a copy is decompressed beside it.
 * Nothing here can hold the answer back or fail it: unreadable counts are no counts.
 */
export class AnswerUsage {
  private readonly length: number | undefined
  private readonly fromHeaders: Usage | undefined
  private readonly scanner: UsageScanner | undefined
  private readonly decoder: Transform | undefined
  private readonly text: DeliveredText | undefined
  private readonly readFrames: ((chunk: Buffer) => StreamFrame[]) | undefined

  /** @param framing of the answer's stream; absent: it is none, or made of server-sent events */
  constructor(reading: UsageReading, head: CollectedHead, framing?: StreamFraming | undefined) {
    this.length = head.length
    this.fromHeaders = reading.readHeaders?.(headerRecord(head.raw))
    this.readFrames = framing?.reader()
    const isStream = framing !== undefined || head.contentType.includes('event-stream')
    const kind = isStream ? 'sse' : head.contentType.includes('json') ? 'json' : undefined
    if (kind === undefined) return
    const scanner = createUsageScanner(reading, kind)
    this.scanner = scanner
    if (kind === 'sse') this.text = createDeliveredText()
    if (head.encoding === '') return
    this.decoder = decoders[head.encoding]?.()
    if (this.decoder === undefined) this.scanner = undefined
    else this.decoder.on('data', (plain: Buffer) => this.read(plain)).on('error', () => undefined)
  }

  feed(chunk: Buffer): void {
    // The copy's bytes are its own: the redactor may blank the chunk in place before the decoder reads it.
    if (this.decoder !== undefined) this.decoder.write(Buffer.from(chunk))
    else if (chunk.length === this.length && this.readFrames === undefined) this.scanner?.feedWhole(chunk)
    else this.read(chunk)
  }

  private read(plain: Buffer): void {
    if (this.readFrames === undefined) {
      this.scan(plain)
      return
    }
    // A frame's payload is one line of JSON, as an event's data is.
    for (const { text } of this.readFrames(plain)) this.scan(Buffer.from(`${text}\n`))
  }

  private scan(plain: Buffer): void {
    this.scanner?.feed(plain)
    this.text?.feed(plain)
  }

  /** Tokens of the text that came so far, estimated; undefined where the answer is no event stream. */
  get deliveredTokens(): number | undefined {
    return this.text?.tokens
  }

  /**
   * Calls back once, with all that was found; at once unless a decompressor has to finish first.
   * @param cut the answer did not come to its end
   */
  end(cut: boolean, done: (usage: Usage | undefined) => void): void {
    const answer = () => done(merge(this.fromHeaders, this.scanner?.end(cut)))
    if (this.decoder === undefined) answer()
    else this.decoder.once('close', answer).end()
  }
}

function merge(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  if (one === undefined) return other
  return other === undefined ? one : { ...one, ...other }
}

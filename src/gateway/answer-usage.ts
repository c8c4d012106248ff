import { createUsageScanner, DeliveredText, type UsageScanner } from '../metering/index.ts'
import { laterUsage, type StreamFrame, type StreamFraming, type Usage, type UsageReading } from '../providers/index.ts'
import { type CollectedHead, headerRecord } from './collect-failure.ts'
import { isDecodable } from './content-codings.ts'

/**
 * Reads the counts from an answer while it passes; a compressed one is unpacked for it. Nothing here can hold the answer back
 * or fail it: unreadable counts are no counts.
 */
export class AnswerUsage {
  private readonly length: number | undefined
  private readonly fromHeaders: Usage | undefined
  private readonly scanner: UsageScanner | undefined
  private readonly text: DeliveredText | undefined
  private readonly readFrames: ((chunk: Buffer) => StreamFrame[]) | undefined

  /** @param framing of the answer's stream; absent: it is none, or made of server-sent events */
  constructor(reading: UsageReading, head: CollectedHead, framing?: StreamFraming | undefined) {
    // Of a compressed answer it is not the length of what is read here.
    this.length = head.encoding === '' ? head.length : undefined
    this.fromHeaders = reading.readHeaders?.(headerRecord(head.raw))
    this.readFrames = framing?.reader()
    const isStream = framing !== undefined || head.contentType.includes('event-stream')
    const kind = isStream ? 'sse' : head.contentType.includes('json') ? 'json' : undefined
    if (kind === undefined || !isDecodable(head.encoding)) return
    this.scanner = createUsageScanner(reading, kind)
    if (kind === 'sse') this.text = new DeliveredText()
  }

  /** The next bytes of the answer, unpacked. */
  feed(plain: Buffer): void {
    if (plain.length === this.length && this.readFrames === undefined) {
      this.scanner?.feedWhole(plain)
      this.text?.feed(plain)
    } else this.read(plain)
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

  /** All that was found. @param cut the answer did not come to its end */
  end(cut: boolean): Usage | undefined {
    return merge(this.fromHeaders, this.scanner?.end(cut))
  }
}

function merge(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  return other === undefined ? one : laterUsage(one, other)
}

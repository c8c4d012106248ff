import {
  createUsageScanner,
  DeliveredText,
  hasCounts,
  JobScanner,
  type JobTold,
  partsOf,
  type UsageScanner,
  usageOf,
} from '../../metering/index.ts'
import {
  type JobReading,
  laterUsage,
  type StreamFrame,
  type StreamFraming,
  type Usage,
  type UsageReading,
} from '../../providers/index.ts'
import { type CollectedHead, headerRecord } from './collect-failure.ts'
import { isDecodable } from './content-codings.ts'
import { TermsWatch } from './terms-watch.ts'

/** How an answer's counts are read. */
export interface AnswerReadings {
  /** Absent where there are no counts but those of a job. */
  usage: UsageReading | undefined
  /** Where the answer may be about a job; with the job's id, as far as the request named it. */
  job: { reading: JobReading; name: string | undefined } | undefined
}

export interface FoundUsage {
  usage: Usage | undefined
  job: JobTold | undefined
}

/**
 * Reads the provider's counts (tokens, characters, seconds) from an answer while it passes. Never holds the answer back and never
 * fails it: counts that cannot be read are as if the provider had told none.
 */
export class AnswerUsage {
  private readonly length: number | undefined
  private readonly fromHeaders: Usage | undefined
  private readonly scanner: UsageScanner | undefined
  private readonly text: DeliveredText | undefined
  private readonly jobScanner: JobScanner | undefined
  private readonly reading: UsageReading | undefined
  /** What a header says of how the answer was served. */
  private readonly termsHeader: string | undefined
  private readonly terms: TermsWatch | undefined
  private readonly readFrames: ((chunk: Buffer) => StreamFrame[]) | undefined

  /** @param framing the provider's own framing of its stream; absent: server-sent events, or no stream */
  constructor({ usage: reading, job }: AnswerReadings, head: CollectedHead, framing?: StreamFraming | undefined) {
    // Content-Length counts the compressed bytes; what is read here is unpacked.
    this.length = head.encoding === '' ? head.length : undefined
    this.reading = reading
    this.fromHeaders = reading?.readHeaders?.(headerRecord(head.raw))
    if (reading?.terms?.header !== undefined) this.termsHeader = headerRecord(head.raw)[reading.terms.header]
    this.readFrames = framing?.reader()
    const isStream = framing !== undefined || head.contentType.includes('event-stream')
    const kind = isStream ? 'sse' : head.contentType.includes('json') ? 'json' : undefined
    if (!isDecodable(head.encoding)) return
    // Lines of JSON come under several names.
    if (job !== undefined) this.jobScanner = new JobScanner(job.reading, job.name)
    if (kind === 'sse') this.text = new DeliveredText()
    if (kind === undefined || reading === undefined) return
    this.scanner = createUsageScanner(reading, kind)
    if (reading.terms?.marker !== undefined) this.terms = new TermsWatch(reading.terms.marker, kind === 'sse')
  }

  /** The next bytes of the answer, unpacked. */
  feed(plain: Buffer): void {
    if (plain.length === this.length && this.readFrames === undefined) {
      this.scanner?.feedWhole(plain)
      this.feedOthers(plain)
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
    this.feedOthers(plain)
  }

  private feedOthers(plain: Buffer): void {
    this.text?.feed(plain)
    this.terms?.feed(plain)
    this.jobScanner?.feed(plain)
  }

  /** Tokens of the text that came so far, estimated; undefined where the answer is no event stream. */
  get deliveredTokens(): number | undefined {
    return this.text?.tokens
  }

  /**
   * All that was found: counts where the provider told any, and the job that the answer is about.
   * @param cut the answer did not come to its end
   */
  end(cut: boolean): FoundUsage {
    const told = this.told(cut)
    const job = this.jobScanner?.end()
    if (job === undefined) return { usage: told, job }
    // Zeros are told of a job that has not begun.
    if (told === undefined || !hasCounts(told)) return { usage: usageOf(job.parts)?.usage, job }
    return { usage: told, job: { ...job, parts: partsOf(job.parts[0]?.model, told) } }
  }

  private told(cut: boolean): Usage | undefined {
    const told = merge(this.fromHeaders, this.scanner?.end(cut))
    if (told === undefined || Object.keys(told).length === 0) return undefined
    const term = this.terms?.told ?? this.termsHeader
    return term === undefined || this.reading?.terms?.usual.has(term) ? told : { ...told, terms: [term] }
  }
}

function merge(one: Usage | undefined, other: Usage | undefined): Usage | undefined {
  return other === undefined ? one : laterUsage(one, other)
}

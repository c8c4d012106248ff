import { LastBytes, newline } from '../../lib/index.ts'
import type { Failure, Provider, StreamEvent, StreamFrame, StreamFraming } from '../../providers/index.ts'
import type { CollectedHead } from './collect-failure.ts'
import { isDecodable } from './content-codings.ts'
import { eventEnd, eventOf, readEventBlock, wholeEvents } from './event-block.ts'

/** Every event that tells an error matches this, and few others do: only what matches is parsed. */
const hint = /rror|xception|fault|failed|err_|"detail"|\{\s*"message"/
/**
 * Stands in almost every error, and costs a tenth of `hint` to search for. While the stream passes, only this is searched for; `hint`
 * is tried on the last events, because an error usually ends a stream.
 */
const usualHint = 'rror'
const longestEvent = 64 * 1024
const longestEdge = 3
const longestElement = 8 * 1024
/** Bytes at the end of a stream that are searched with `hint`, which is dear. */
const lastEvents = 1024
const nothing = Buffer.alloc(0)

/** What the answer is: server-sent events, JSON (perhaps an array that grows), or frames of the provider's own, by their reader. */
type Kind = 'events' | 'json' | ((chunk: Buffer) => StreamFrame[])

/** @returns undefined for an answer that is no stream, or is in a coding that cannot be undone here */
export function laterErrorsOf(
  provider: Provider,
  { contentType, encoding }: CollectedHead,
  framing: StreamFraming | undefined,
): LaterErrors | undefined {
  if (!isDecodable(encoding)) return undefined
  if (framing !== undefined) return new LaterErrors(provider, framing.reader())
  if (contentType.includes('event-stream')) return new LaterErrors(provider, 'events')
  return contentType.includes('json') ? new LaterErrors(provider, 'json') : undefined
}

/**
 * Finds the error that a stream tells after it had begun well. Reads along while the stream passes and holds nothing back; only
 * events with an error's words in them are parsed.
 */
export class LaterErrors {
  private failure: Failure | undefined
  private readonly provider: Provider
  private readonly kind: Kind
  /** The event that has begun and not yet ended. */
  private parts: Buffer[] = []
  private partsBytes = 0
  /** Its last bytes: the empty line that ends it may be split between two chunks. */
  private edge: Buffer = nothing
  /** The last bytes of the stream, or of the array; absent until there are some. */
  private last: LastBytes | undefined
  /** Absent: not known yet. JSON that is no array tells its error at its beginning, if at all, and is not looked at here. */
  private isArray: boolean | undefined
  /** The event under way is too long to be an error. */
  private isSkipping = false

  constructor(provider: Provider, kind: Kind) {
    this.provider = provider
    this.kind = kind
  }

  /** The next bytes of the answer, unpacked; they are neither changed nor kept. */
  feed(plain: Buffer): void {
    if (this.failure !== undefined) return
    if (this.kind === 'events') this.readEvents(plain)
    else if (this.kind === 'json') this.readArray(plain)
    else for (const frame of this.kind(plain)) this.readFrame(frame)
  }

  /** The first failure that was told, when the answer is over. */
  end(): Failure | undefined {
    if (this.failure !== undefined) return this.failure
    if (this.kind === 'events' && !this.isSkipping) {
      this.judge(readEventBlock(Buffer.concat(this.parts).toString('utf8')))
      if (this.failure === undefined && this.last !== undefined) this.readLastEvents(this.last)
    }
    if (this.last !== undefined && this.kind === 'json') this.readLastElement(this.last.read().toString('utf8'))
    return this.failure
  }

  private readEvents(plain: Buffer): void {
    this.last ??= new LastBytes(lastEvents)
    this.last.add(plain)
    const end = this.endIn(plain)
    if (end > 0) {
      const whole = plain.subarray(0, end)
      const bytes = this.parts.length === 0 ? whole : Buffer.concat([...this.parts, whole])
      if (bytes.includes(usualHint)) this.readWhole(bytes)
      this.parts = []
      this.partsBytes = 0
      this.edge = nothing
      this.isSkipping = false
    }
    if (end < plain.length) this.keepPart(plain.subarray(end))
  }

  /** Where in these bytes the last event ends; 0: none ends here. */
  private endIn(plain: Buffer): number {
    // Fast path: most chunks are whole events.
    if (plain[plain.length - 1] === newline && plain[plain.length - 2] === newline) return plain.length
    if (this.edge.length === 0) return wholeEvents(plain)
    return Math.max(0, wholeEvents(Buffer.concat([this.edge, plain])) - this.edge.length)
  }

  /** Copies what it keeps: the bytes belong to somebody else once this returns. */
  private keepPart(part: Buffer): void {
    const all = Buffer.concat([this.edge, part.subarray(-longestEdge)])
    this.edge = all.subarray(-longestEdge)
    this.partsBytes += part.length
    this.isSkipping ||= this.partsBytes > longestEvent
    if (this.isSkipping) this.parts = []
    else this.parts.push(Buffer.from(part))
  }

  private readWhole(bytes: Buffer): void {
    let from = 0
    for (let end = eventEnd(bytes, 0); end !== undefined && this.failure === undefined; end = eventEnd(bytes, from)) {
      const block = bytes.toString('utf8', from, end.at)
      if (!(from === 0 && this.isSkipping) && hint.test(block)) this.judge(readEventBlock(block))
      from = end.next
    }
  }

  private readFrame({ name, text }: StreamFrame): void {
    if (this.failure === undefined && (hint.test(text) || hint.test(name ?? ''))) this.judge(eventOf(text, name))
  }

  private readLastEvents(last: LastBytes): void {
    const bytes = last.read()
    // The first event is cut off at its beginning, unless all of the stream is here.
    const from = last.isAll ? 0 : eventEnd(bytes, 0)?.next
    if (from !== undefined && hint.test(bytes.toString('latin1', from))) this.readWhole(bytes.subarray(from))
  }

  private readArray(plain: Buffer): void {
    this.isArray ??= /^\s*\[/.test(plain.toString('latin1', 0, 8))
    if (!this.isArray) return
    this.last ??= new LastBytes(longestElement)
    this.last.add(plain)
  }

  /** An array's error is its last element; the array may break off without being closed. */
  private readLastElement(end: string): void {
    const marker = end.lastIndexOf('"error"')
    const from = marker === -1 ? -1 : end.lastIndexOf('{', marker)
    if (from !== -1) this.judge(eventOf(end.slice(from, endOfElement(end)), undefined))
  }

  private judge(event: StreamEvent | undefined): void {
    if (event === undefined) return
    const verdict = this.provider.readStreamOpening(event)
    if (typeof verdict === 'object') this.failure = verdict
  }
}

/**
 * Where the last element ends: before the brackets, commas and spaces at the end. A regular expression would take quadratic time on
 * a text full of spaces.
 */
function endOfElement(text: string): number {
  let end = text.length
  while (end > 0 && ' \t\r\n,]'.includes(text[end - 1] as string)) end--
  return end
}

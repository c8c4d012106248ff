import {
  backslash,
  carriageReturn,
  closeBrace,
  closeBracket,
  colon,
  comma,
  newline,
  openBrace,
  openBracket,
  quote,
} from '../lib/index.ts'
import { laterUsage, type Usage, type UsageReading } from '../providers/index.ts'
import { EventLines, joinLines, readCounts } from './event-lines.ts'
import { type Candidate, deepest, leave, possible, withCandidate } from './usage-candidate.ts'
import { ValueParts } from './value-parts.ts'

const letterN = 0x6e

const isSpace = (byte: number) => byte === 0x20 || byte === newline || byte === carriageReturn || byte === 0x09

const longestValue = 64 * 1024

type Within = 'behind_key' | 'before_value' | 'value' | 'scan'
type State = 'idle' | Within | 'value_string' | 'string' | 'line_start'

/** Follows JSON from a marker on, to find out how deep in the document the marker stands. */
export class JsonTracker {
  private state: State = 'idle'
  private level = 0
  private lowest = 0
  private candidates: Candidate[] = []
  private found: Usage | undefined
  /** The key whose value comes next. */
  private marker = ''
  private escaped = false
  /** The state to return to if the document goes on in the next line. */
  private interrupted: Within = 'scan'
  private readonly lines = new EventLines()
  /** The string being read, as far as it could be a marker. */
  private word = ''
  private readonly longestWord: number
  /** The value being taken. */
  private readonly value = new ValueParts(longestValue)
  private valueDepth = 0
  private readonly reading: UsageReading
  private readonly byLine: boolean

  /**
   * @param byLine server-sent events: a document ends with its line, unless it goes on in the next `data:` line. Otherwise the whole
   *   answer is one document.
   */
  constructor(reading: UsageReading, byLine: boolean) {
    this.reading = reading
    this.byLine = byLine
    this.longestWord = Math.max(...reading.markers.map((marker) => marker.length)) - 2
  }

  /** True while it must see every byte. */
  get active(): boolean {
    return this.state !== 'idle'
  }

  /** Begins behind a marker. Returns the index from where the byte search may go on; the chunk's end while active. */
  start(marker: string, chunk: Buffer, from: number): number {
    this.level = 0
    this.lowest = 0
    this.marker = marker
    this.state = 'behind_key'
    return this.follow(chunk, from)
  }

  follow(chunk: Buffer, from: number): number {
    let at = from
    this.value.goOnAt(at)
    while (at < chunk.length && this.state !== 'idle') {
      if (this.state === 'value') at = this.inValue(chunk, at)
      else if (this.state === 'value_string') at = this.inValueString(chunk, at)
      else if (this.state === 'string') at = this.inString(chunk, at)
      else if (this.state === 'scan') at = this.scan(chunk, at)
      else if (this.state === 'line_start') at = this.atLineStart(chunk, at)
      else at = this.aroundColon(chunk, at)
    }
    if (this.state === 'idle') return at
    this.value.keep(chunk)
    return chunk.length
  }

  end(cut: boolean): Usage | undefined {
    if (!cut && this.state === 'scan') this.accept()
    if (this.state === 'line_start' && this.interrupted === 'scan') this.accept()
    this.reset()
    return this.found
  }

  private interrupt(state: Within): void {
    this.interrupted = state
    this.lines.begin()
    this.state = 'line_start'
  }

  private atLineStart(chunk: Buffer, from: number): number {
    const { at, document } = this.lines.read(chunk, from)
    if (document === 'goes on') this.state = this.interrupted
    else if (document === 'is over') this.endLine()
    return at
  }

  /** Behind a key stands a colon, then the value; anything else was no key. */
  private aroundColon(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length && isSpace(chunk[at] as number) && !(this.byLine && chunk[at] === newline)) at++
    if (at >= chunk.length) return at
    const byte = chunk[at] as number
    if (byte === newline) {
      this.interrupt(this.state as Within)
      return at + 1
    }
    if (this.state === 'behind_key' && byte === colon) {
      this.state = 'before_value'
      return at + 1
    }
    if (this.state === 'before_value' && byte !== quote && byte !== letterN) {
      this.value.begin(at)
      this.valueDepth = 0
      this.state = 'value'
      return at
    }
    this.state = 'scan'
    this.restIfUseless()
    return at
  }

  /** Within the value itself only its end is looked for. A number ends where its container goes on or closes. */
  private inValue(chunk: Buffer, from: number): number {
    let depth = this.valueDepth
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === quote) {
        this.valueDepth = depth
        this.state = 'value_string'
        return at + 1
      }
      if (byte === openBrace || byte === openBracket) depth++
      else if (byte === closeBrace || byte === closeBracket) {
        if (depth <= 1) return this.takeValue(chunk, depth === 1 ? at + 1 : at)
        depth--
      } else if (byte === comma && depth === 0) return this.takeValue(chunk, at)
      else if (byte === newline && this.byLine) {
        this.valueDepth = depth
        this.interrupt('value')
        return at + 1
      }
    }
    this.valueDepth = depth
    return chunk.length
  }

  private inValueString(chunk: Buffer, from: number): number {
    const end = this.stringEnd(chunk, from)
    if (end < 0) return chunk.length
    if (chunk[end] === quote) this.state = 'value'
    else this.reset()
    return end + 1
  }

  private scan(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === quote) {
        this.state = 'string'
        this.word = ''
        return at + 1
      }
      if (byte === openBrace || byte === openBracket) this.level++
      else if (byte === closeBrace || byte === closeBracket) {
        this.close(byte === closeBracket)
        if (this.restIfUseless()) return at + 1
      } else if (byte === newline && this.byLine) {
        this.interrupt('scan')
        return at + 1
      }
    }
    return chunk.length
  }

  private inString(chunk: Buffer, from: number): number {
    const end = this.stringEnd(chunk, from)
    if (end < 0) {
      if (this.word.length <= this.longestWord) this.word += chunk.toString('latin1', from, from + this.longestWord + 1)
      return chunk.length
    }
    if (chunk[end] === quote) this.leaveString(chunk, from, end)
    else this.reset()
    return end + 1
  }

  /** Index of the quote that ends the string, or of the line end that breaks it off; −1: neither is in this chunk. */
  private stringEnd(chunk: Buffer, from: number): number {
    let at = from
    if (this.escaped && at < chunk.length) {
      this.escaped = false
      at++
    }
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte === quote || (byte === newline && this.byLine)) return at
      if (byte === backslash) at++
    }
    this.escaped = at > chunk.length
    return -1
  }

  private leaveString(chunk: Buffer, from: number, end: number): void {
    this.state = 'scan'
    if (this.word.length + end - from > this.longestWord) return
    const marker = `"${this.word}${chunk.toString('latin1', from, end)}"`
    if (!this.reading.markers.includes(marker)) return
    this.marker = marker
    this.state = 'behind_key'
  }

  private close(isArray: boolean): void {
    let touched = false
    for (const candidate of this.candidates) {
      if (candidate.level !== this.level) continue
      leave(candidate, isArray)
      touched = true
    }
    this.level--
    if (this.level < this.lowest) this.lowest = this.level
    if (touched) this.candidates = possible(this.candidates)
  }

  private takeValue(chunk: Buffer, end: number): number {
    const bytes = this.value.take(chunk, end)
    this.state = 'scan'
    // Deeper than counts may be, whatever else is still open.
    if (bytes !== undefined && this.level - this.lowest <= deepest) {
      const usage = readCounts(this.reading, this.marker, this.byLine ? joinLines(bytes) : bytes)
      if (usage) this.candidates = withCandidate(this.candidates, { usage, level: this.level })
    }
    this.restIfUseless()
    return end
  }

  /** Goes back to the byte search if there are no candidates whose place has still to be found out. */
  private restIfUseless(): boolean {
    if (this.candidates.length > 0) return false
    this.state = 'idle'
    return true
  }

  private endLine(): void {
    if (this.interrupted === 'scan') this.accept()
    this.reset()
  }

  private accept(): void {
    for (const { usage, objects } of this.candidates) if (objects > 0) this.found = laterUsage(this.found, usage)
  }

  private reset(): void {
    this.state = 'idle'
    this.candidates = []
    this.value.drop()
    this.escaped = false
  }
}

import { StringDecoder } from 'node:string_decoder'

/** One server-sent event as it was written: its name, if any, and its data lines joined by newlines. */
export interface SseEvent {
  name?: string
  data: string
}

const byteOrderMark = 0xfeff

/**
 * Reads a stream of server-sent events. Comments and fields other than `event` and `data` are left out. A class with all its fields
 * from the start, which costs less memory (docs/decisions/0014).
 */
export class SseReader {
  /** True when an event grew beyond the bound; it is dropped, reading goes on behind it. */
  overflowed = false
  private readonly maxEventBytes: number
  private readonly decoder = new StringDecoder('utf8')
  private begun = false
  /** The unfinished line. Only appended to: searching it again with each piece would take quadratic time. */
  private line = ''
  /** The last piece ended with a CR, which may be half of a line's end. */
  private endsInCr = false
  private name: string | undefined = undefined
  /** The data lines of the unfinished event; undefined: none yet. */
  private data: string | undefined = undefined
  private size = 0
  private dropping = false

  /** @param options maxEventBytes: an event longer than this is dropped */
  constructor({ maxEventBytes = 1024 * 1024 }: { maxEventBytes?: number } = {}) {
    this.maxEventBytes = maxEventBytes
  }

  /** Bytes as they come; events end at empty lines. Text may be split anywhere, inside a character too. */
  feed(chunk: Uint8Array): SseEvent[] {
    const events: SseEvent[] = []
    const text = this.completed(this.decode(chunk))
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.take(this.line + text.slice(from, end), events)
      this.line = ''
      from = end + 1
    }
    this.line += text.slice(from)
    if (this.line.length > this.maxEventBytes) {
      this.overflow()
      this.line = '-'
    }
    return events
  }

  /** Without the mark that may stand before the first event. */
  private decode(chunk: Uint8Array): string {
    const text = this.decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
    if (this.begun || text === '') return text
    this.begun = true
    return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text
  }

  /** With LF for every line end. A CR at the very end is left out until the next piece shows whether an LF follows. */
  private completed(text: string): string {
    if (!this.endsInCr && !text.includes('\r')) return text
    const whole = (this.endsInCr ? '\r' : '') + text
    this.endsInCr = whole.endsWith('\r')
    return (this.endsInCr ? whole.slice(0, -1) : whole).replaceAll(/\r\n?/g, '\n')
  }

  private take(line: string, events: SseEvent[]): void {
    if (line === '') this.end(events)
    else if (!this.dropping) this.takeField(line)
  }

  private takeField(line: string): void {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    if (field === 'data') {
      const value = valueIn(line, colon)
      this.data = this.data === undefined ? value : `${this.data}\n${value}`
    } else if (field === 'event') this.name = valueIn(line, colon)
    this.size += line.length
    if (this.size > this.maxEventBytes) this.overflow()
  }

  private end(events: SseEvent[]): void {
    const { name, data } = this
    if (data !== undefined && !this.dropping) events.push(name === undefined ? { data } : { name, data })
    this.name = undefined
    this.data = undefined
    this.size = 0
    this.dropping = false
  }

  private overflow(): void {
    this.dropping = true
    this.overflowed = true
    this.data = undefined
  }
}

function valueIn(line: string, colon: number): string {
  if (colon < 0) return ''
  return line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
}

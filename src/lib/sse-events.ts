import { StringDecoder } from 'node:string_decoder'

/** One server-sent event as it was written: its name, if any, and its data lines joined by newlines. */
export interface SseEvent {
  name?: string
  data: string
}

const byteOrderMark = 0xfeff

export interface SseReader {
  /** Bytes as they come; events end at empty lines. Text may be split anywhere, inside a character too. */
  feed(chunk: Uint8Array): SseEvent[]
  /** True when the event under way grew beyond the bound; it is dropped, reading goes on behind it. */
  readonly overflowed: boolean
}

/**
 * Reads a stream of server-sent events. Comments and fields other than `event` and `data` are left out.
 * @param maxEventBytes an event longer than this is dropped
 */
export function createSseReader({ maxEventBytes = 1024 * 1024 }: { maxEventBytes?: number } = {}): SseReader {
  const decoder = new StringDecoder('utf8')
  let begun = false
  /** The line under way. Only appended to: looking through it again with each piece would take quadratic time. */
  let line = ''
  /** The last piece ended with a CR, which may be half of a line's end. */
  let endsInCr = false
  let name: string | undefined
  let data: string[] = []
  let size = 0
  let dropping = false
  let overflowed = false

  function take(line: string, events: SseEvent[]): void {
    if (line === '') {
      if (data.length > 0 && !dropping)
        events.push(name === undefined ? { data: data.join('\n') } : { name, data: data.join('\n') })
      name = undefined
      data = []
      size = 0
      dropping = false
      return
    }
    if (dropping) return
    const [field, value] = splitField(line)
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
    size += line.length
    if (size > maxEventBytes) overflow()
  }

  /** Without the mark that may stand before the first event. */
  function decode(chunk: Uint8Array): string {
    const text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
    if (begun || text === '') return text
    begun = true
    return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text
  }

  function overflow(): void {
    dropping = true
    overflowed = true
    data = []
  }

  return {
    feed(chunk) {
      const events: SseEvent[] = []
      let text = (endsInCr ? '\r' : '') + decode(chunk)
      endsInCr = text.endsWith('\r')
      if (endsInCr) text = text.slice(0, -1)
      for (const [index, part] of text.split(/\r\n|\n|\r/).entries()) {
        if (index === 0) line += part
        else {
          take(line, events)
          line = part
        }
      }
      if (line.length > maxEventBytes) {
        overflow()
        line = '-'
      }
      return events
    },
    get overflowed() {
      return overflowed
    },
  }
}

function splitField(line: string): [field: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  const start = line[colon + 1] === ' ' ? colon + 2 : colon + 1
  return [line.slice(0, colon), line.slice(start)]
}

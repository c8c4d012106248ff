import { carriageReturn, newline } from '../lib/index.ts'
import type { Usage, UsageReading } from '../providers/index.ts'

const dataField = Buffer.from('data:')
/** First characters of an event's other lines: comments, `event`, `id`, `retry`. */
const otherFields: ReadonlySet<number> = new Set(Buffer.from(':eir'))

/** Reads the start of a line of an event stream: does the JSON of the line before go on in it? */
export class EventLines {
  /** How much of `data:` was seen. */
  private seen = 0
  private isOther = false

  begin(): void {
    this.seen = 0
    this.isOther = false
  }

  /**
   * An empty line ends the JSON, and so does anything that is no field of an event. Fields other than `data` are passed over.
   * @returns where to read on; `document` is undefined if the chunk ends before it can be told
   */
  read(chunk: Buffer, from: number): { at: number; document: 'goes on' | 'is over' | undefined } {
    let at = from
    while (at < chunk.length) {
      const byte = chunk[at] as number
      if (this.isOther) {
        if (byte === newline) this.begin()
      } else if (byte === dataField[this.seen]) {
        this.seen++
        if (this.seen === dataField.length) return { at: at + 1, document: 'goes on' }
      } else if (this.seen > 0) return { at, document: 'is over' }
      else if (otherFields.has(byte)) this.isOther = true
      else if (byte !== carriageReturn) return { at: byte === newline ? at + 1 : at, document: 'is over' }
      at++
    }
    return { at, document: undefined }
  }
}

/** A value that is spread over several `data:` lines, without what stands between the lines. */
export function joinLines(bytes: Buffer): Buffer {
  if (!bytes.includes(newline)) return bytes
  const lines = bytes.toString().split('\n')
  const data = lines.slice(1).filter((line) => line.startsWith('data:'))
  return Buffer.from([lines[0], ...data.map((line) => line.slice(dataField.length))].join('\n'))
}

/** Undefined: not JSON, or not what the reading expects. */
export function readCounts(reading: UsageReading, marker: string, bytes: Buffer): Usage | undefined {
  try {
    const usage = reading.read(marker, JSON.parse(bytes.toString()))
    for (const _field in usage) return usage
  } catch {
    // No counts.
  }
  return undefined
}

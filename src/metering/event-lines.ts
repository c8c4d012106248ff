import type { Usage, UsageReading } from '../providers/index.ts'

const newline = 0x0a

const carriageReturn = 0x0d
/** How a line of an event begins that is part of its document. */
const dataField = Buffer.from('data:')
/** With what the others begin: comments, `event`, `id`, `retry`. */
const otherFields: ReadonlySet<number> = new Set(Buffer.from(':eir'))

/** Finds out, at the start of a line, whether the document of the line before goes on in it. */
export class EventLines {
  /** How much of `data:` was seen. */
  private seen = 0
  private isOther = false

  begin(): void {
    this.seen = 0
    this.isOther = false
  }

  /**
   * An empty line ends a document, and so does what is no field of an event; other fields are passed over.
   * @returns from where to read on; no more is known at the chunk's end
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

/** A value of several lines of an event: what stands between them is `data:` and other fields, and never in a string. */
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

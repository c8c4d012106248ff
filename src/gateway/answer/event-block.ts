import { carriageReturn, newline } from '../../lib/index.ts'
import type { StreamEvent } from '../../providers/index.ts'

/** May stand before the first event. */
const byteOrderMark = '\ufeff'

/** One event of a stream, from its text up to the empty line. Undefined: it says nothing (a comment, or empty data without a name). */
export function readEventBlock(written: string): StreamEvent | undefined {
  const block = written.startsWith(byteOrderMark) ? written.slice(1) : written
  // Some providers write an error into an event stream as bare JSON, without `data:`.
  if (/^\s*[{[]/.test(block)) return eventOf(block, undefined)
  let name: string | undefined
  const data: string[] = []
  for (const line of block.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    else if (line.startsWith('event:')) name = line.slice(6).trim()
    // Such bare JSON can also follow a comment or an `event:` line.
    else if (line.startsWith('{')) data.push(line)
  }
  const text = data.join('\n')
  return data.length === 0 || (text.trim() === '' && name === undefined) ? undefined : eventOf(text, name)
}

export function eventOf(text: string, name: string | undefined): StreamEvent {
  const data = parse(text)
  return name === undefined ? { data } : { data, name }
}

/** Where the event that begins at `from` ends, and where the next one begins. Looks at each byte once. */
export function eventEnd(bytes: Buffer, from: number): { at: number; next: number } | undefined {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte !== newline && byte !== carriageReturn) continue
    if (bytes[at + 1] === byte) return { at, next: at + 2 }
    if (
      byte === carriageReturn &&
      bytes[at + 1] === newline &&
      bytes[at + 2] === carriageReturn &&
      bytes[at + 3] === newline
    )
      return { at, next: at + 4 }
  }
  return undefined
}

const blankLines = ['\n\n', '\r\n\r\n', '\r\r'].map((line) => Buffer.from(line))

/** Where the last whole event ends; 0: none is whole. */
export function wholeEvents(bytes: Buffer): number {
  let end = 0
  for (const line of blankLines) {
    const at = bytes.lastIndexOf(line)
    if (at !== -1 && at + line.length > end) end = at + line.length
  }
  return end
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown
  } catch {
    return data
  }
}

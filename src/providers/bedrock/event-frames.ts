import { crc32 } from 'node:zlib'
import { at } from '../reading/is-record.ts'
import type { StreamFrame, StreamFraming } from '../stream-opening.ts'

/** Total length, length of the headers, and the CRC of both. */
const preludeBytes = 12
const crcBytes = 4
/** A longer one is no event of a conversation; what follows it is not read. */
const longestFrame = 1024 * 1024

/** Bytes of a header's value by its type; 6 and 7 write their length before it. */
const fixedLengths: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 }
const textType = 7

/** AWS' binary event streams: a frame tells its event's name in its headers and carries JSON. */
export const awsEventStream: StreamFraming = {
  contentType: 'application/vnd.amazon.eventstream',
  reader: createReader,
}

function createReader(): (chunk: Buffer) => StreamFrame[] {
  let held: Buffer = Buffer.alloc(0)
  let broken = false
  return (chunk) => {
    if (broken) return []
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const frames: StreamFrame[] = []
    let from = 0
    while (held.length - from >= preludeBytes) {
      const length = frameLength(held, from)
      if (length === undefined) {
        broken = true
        break
      }
      if (held.length - from < length) break
      frames.push(readFrame(held.subarray(from, from + length)))
      from += length
    }
    // Copied: the chunk belongs to somebody else once this returns.
    held = broken ? Buffer.alloc(0) : Buffer.from(held.subarray(from))
    return frames
  }
}

/** Undefined: these bytes begin no frame. */
function frameLength(bytes: Buffer, from: number): number | undefined {
  const length = bytes.readUInt32BE(from)
  const headers = bytes.readUInt32BE(from + 4)
  const isFrame =
    length <= longestFrame &&
    headers <= length - preludeBytes - crcBytes &&
    crc32(bytes.subarray(from, from + 8)) === bytes.readUInt32BE(from + 8)
  return isFrame ? length : undefined
}

function readFrame(frame: Buffer): StreamFrame {
  const headersEnd = preludeBytes + frame.readUInt32BE(4)
  const headers = readHeaders(frame.subarray(preludeBytes, headersEnd))
  const text = unwrap(frame.toString('utf8', headersEnd, frame.length - crcBytes))
  if (headers[':message-type'] === 'error') {
    const error = { code: headers[':error-code'], message: headers[':error-message'] }
    return { name: 'error', text: JSON.stringify({ error }) }
  }
  const name = headers[':exception-type'] ?? headers[':event-type']
  return name === undefined ? { text } : { name, text }
}

function readHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {}
  let from = 0
  while (from < bytes.length) {
    const nameEnd = from + 1 + (bytes[from] as number)
    const type = bytes[nameEnd] as number
    const fixed = fixedLengths[type]
    const begin = nameEnd + (fixed === undefined ? 3 : 1)
    if (begin > bytes.length) break
    const end = begin + (fixed ?? bytes.readUInt16BE(nameEnd + 1))
    if (type === textType) headers[bytes.toString('utf8', from + 1, nameEnd)] = bytes.toString('utf8', begin, end)
    from = end
  }
  return headers
}

/** `InvokeModelWithResponseStream` packs the model maker's own event into `{"bytes": "<base64>"}`. */
function unwrap(text: string): string {
  if (!text.startsWith('{"bytes"')) return text
  try {
    const packed = at(JSON.parse(text), 'bytes')
    return typeof packed === 'string' ? Buffer.from(packed, 'base64').toString('utf8') : text
  } catch {
    return text
  }
}

import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  openBrace,
  openBracket,
  parseJson,
  quote,
  skipSpace,
  stringEnd,
} from '../../lib/index.ts'
import { invalid, invalidBody } from '../invalid.ts'

/** One field of a JSON object, where it stands in its bytes. */
export interface JsonField {
  key: string
  value: Buffer
}

/** Real requests have a few dozen. Each costs so much that a body of nothing but fields would keep the process busy for seconds. */
const mostFields = 1_000

/**
 * The top-level fields of a JSON object, found without parsing their values: those may be megabytes of pictures. What is
 * wrong inside a value is for the provider to say.
 * @throws request_invalid when it is no object, has more than 1 000 fields, or one stands twice: parsers differ on which of the
 *   two counts
 */
export function jsonFields(bytes: Buffer): readonly JsonField[] {
  const fields: JsonField[] = []
  const seen = new Set<string>()
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== openBrace) throw malformed()
  at = skipSpace(bytes, at + 1)
  while (bytes[at] !== closeBrace) {
    if (bytes[at] !== quote) throw malformed()
    const keyEnd = behindString(bytes, at)
    const key = readKey(bytes, at, keyEnd)
    if (seen.has(key)) throw invalid(key, 'it stands twice')
    if (seen.size === mostFields) throw invalidBody(`it has more than ${mostFields} fields`)
    seen.add(key)
    const separator = skipSpace(bytes, keyEnd)
    if (bytes[separator] !== colon) throw malformed()
    const start = skipSpace(bytes, separator + 1)
    const end = valueEnd(bytes, start)
    fields.push({ key, value: bytes.subarray(start, end) })
    at = skipSpace(bytes, end)
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1)
    else if (bytes[at] !== closeBrace) throw malformed()
  }
  if (skipSpace(bytes, at + 1) !== bytes.length) throw malformed()
  return fields
}

/** The elements of a JSON array, found in the same way; undefined when it is none. @throws request_invalid when it has no end */
export function jsonItems(bytes: Buffer): readonly Buffer[] | undefined {
  if (bytes[0] !== openBracket) return undefined
  const items: Buffer[] = []
  let at = skipSpace(bytes, 1)
  while (bytes[at] !== closeBracket) {
    const end = valueEnd(bytes, at)
    items.push(bytes.subarray(at, end))
    at = skipSpace(bytes, end)
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1)
    else if (bytes[at] !== closeBracket) throw malformed()
  }
  return items
}

/** The fields as an object again, every value byte for byte. */
export function joinFields(fields: readonly JsonField[]): Buffer {
  const pieces: Buffer[] = []
  for (const { key, value } of fields) {
    pieces.push(Buffer.from(`${pieces.length === 0 ? '{' : ','}${JSON.stringify(key)}:`), value)
  }
  return pieces.length === 0 ? Buffer.from('{}') : Buffer.concat([...pieces, Buffer.from('}')])
}

/** A field's value; undefined when it is absent or null. @throws request_invalid when it is no JSON */
export function fieldValue(fields: readonly JsonField[], key: string): unknown {
  const field = fields.find((one) => one.key === key)
  if (field === undefined) return undefined
  try {
    return parseJson(field.value) ?? undefined
  } catch {
    throw invalid(key, 'it is not JSON')
  }
}

function malformed(): Error {
  return invalidBody('it is not a JSON object')
}

/** Behind the string that opens at `start`. */
function behindString(bytes: Buffer, start: number): number {
  const end = stringEnd(bytes, start)
  if (end === -1) throw malformed()
  return end + 1
}

function readKey(bytes: Buffer, start: number, end: number): string {
  try {
    return JSON.parse(bytes.toString('utf8', start, end)) as string
  } catch {
    throw malformed()
  }
}

function valueEnd(bytes: Buffer, start: number): number {
  if (bytes[start] === quote) return behindString(bytes, start)
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte === quote) at = behindString(bytes, at) - 1
    else if (byte === openBrace || byte === openBracket) depth++
    else if (depth === 0 && (byte === comma || byte === closeBrace || byte === closeBracket))
      return trimEnd(bytes, { start, end: at })
    else if (byte === closeBrace || byte === closeBracket) depth--
  }
  throw malformed()
}

function trimEnd(bytes: Buffer, { start, end }: { start: number; end: number }): number {
  let at = end
  while (at > start && (bytes[at - 1] as number) <= 0x20) at--
  if (at === start) throw malformed()
  return at
}

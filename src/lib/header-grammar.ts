const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

interface HeaderName {
  /** In any case. */
  written: string
  lower: string
}

/** By the name as written. The bounds are against names made up to fill the map. */
const names = new Map<string, HeaderName>()
const maxNames = 2_000
const longestKnown = 60

/** A header's name in lower case; '' when it is not made of the characters that names have (RFC 9110, token). */
export function headerName(name: string): string {
  return readHeaderName(name)?.lower ?? ''
}

/**
 * The name as written and in lower case; undefined when it is not made of the characters that names have (RFC 9110, token). Neither holds
 * the head in memory that the name was cut out of.
 */
export function readHeaderName(name: string): HeaderName | undefined {
  const known = names.get(name)
  if (known !== undefined) return known
  if (!token.test(name)) return undefined
  const written = Buffer.from(name, 'latin1').toString('latin1')
  const read = { written, lower: written.toLowerCase() }
  if (names.size < maxNames && name.length <= longestKnown) names.set(written, read)
  return read
}

/** What a field value may not hold; bytes above 0x7f pass as they are. */
const notInValue = /[^\t\x20-\x7e\x80-\xff]/

export function isHeaderValue(value: string): boolean {
  return !notInValue.test(value)
}

const notInPath = /[^\x21-\x7e\x80-\xff]/

export function isPath(path: string): boolean {
  return path.charCodeAt(0) === 47 && !notInPath.test(path)
}

/**
 * Where a value begins and ends that stands between two places of a head: without the spaces and tabs around it. Not `trim()`: the byte
 * 0xa0, a space to it, may be half of a UTF-8 character.
 */
export function valueStart(text: string, from: number, to: number): number {
  let start = from
  while (start < to && isSpace(text.charCodeAt(start))) start++
  return start
}

/** @param start where the value begins */
export function valueEnd(text: string, start: number, to: number): number {
  let end = to
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return end
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}

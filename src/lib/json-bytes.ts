/** The bytes that readers of JSON, events and heads look for, by name. */
export const quote = 0x22
export const backslash = 0x5c
export const comma = 0x2c
export const colon = 0x3a
export const openBrace = 0x7b
export const closeBrace = 0x7d
export const openBracket = 0x5b
export const closeBracket = 0x5d
export const newline = 0x0a
export const carriageReturn = 0x0d

/** The closing quote of the JSON string that opens at `start`, or -1. */
export function stringEnd(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(quote, start + 1)
  while (end !== -1) {
    let slashes = 0
    while (bytes[end - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return end
    end = bytes.indexOf(quote, end + 1)
  }
  return -1
}

/** The first byte at or behind `from` that is no white space of JSON. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === newline || bytes[at] === carriageReturn || bytes[at] === 0x09) at++
  return at
}

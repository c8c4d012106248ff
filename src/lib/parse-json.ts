/** Real documents stay below a tenth of it. */
const deepest = 500

/** Shorter texts are parsed in no time, however deep they are. */
const harmlessBytes = 8 * 1024

/**
 * `JSON.parse` for what strangers send. A megabyte of nothing but opening brackets keeps `JSON.parse` busy for 0.1 to 0.7 seconds,
 * many times as long as flat JSON. So the brackets are counted first, and what nests deeper than 500 is refused.
 * @throws SyntaxError
 */
export function parseJson(text: Buffer | string): unknown {
  if (text.length > harmlessBytes && nestsTooDeep(typeof text === 'string' ? Buffer.from(text) : text))
    throw new SyntaxError(`JSON that nests deeper than ${deepest}`)
  return JSON.parse(typeof text === 'string' ? text : text.toString('utf8'))
}

const quote = 0x22
const backslash = 0x5c

/** Counts brackets outside of strings, which are jumped over. */
function nestsTooDeep(bytes: Buffer): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === 0x7b || byte === 0x5b) {
      depth++
      if (depth > deepest) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === quote) {
      at = stringEnd(bytes, at)
      if (at === -1) return false
    }
  }
  return false
}

/** The closing quote of the string that opens at `start`, or -1. */
function stringEnd(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(quote, start + 1)
  while (end !== -1) {
    let slashes = 0
    while (end - 1 - slashes > start && bytes[end - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return end
    end = bytes.indexOf(quote, end + 1)
  }
  return -1
}

import { closeBrace, closeBracket, openBrace, openBracket, quote, stringEnd } from './json-bytes.ts'

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

/** Counts brackets outside of strings, which are jumped over. */
function nestsTooDeep(bytes: Buffer): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === openBrace || byte === openBracket) {
      depth++
      if (depth > deepest) return true
    } else if (byte === closeBrace || byte === closeBracket) depth--
    else if (byte === quote) {
      at = stringEnd(bytes, at)
      if (at === -1) return false
    }
  }
  return false
}

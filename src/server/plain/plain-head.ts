import { isHeaderValue, readHeaderName, valueEnd, valueStart } from '../../lib/index.ts'

export interface PlainHead {
  method: string
  /** Path and query, byte for byte. */
  url: string
  /** Name as written, value, name, value …, in the order in which they came. */
  rawHeaders: string[]
  /** Bytes of the body. */
  length: number
}

/** HEAD is not among them: its answer has no body, whatever its head says. */
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
const version = ' HTTP/1.1'
const path = /^\/[\x21-\x7e]*$/
/** What stands behind the colon. Node takes no tab behind a length. */
const lengthAsWritten = /^[ \t]*\d{1,15} *$/

/** Fields that ask more of a connection than to be answered on it. */
const special: ReadonlySet<string> = new Set(['transfer-encoding', 'upgrade', 'expect', 'trailer', 'proxy-connection'])

interface Fields {
  rawHeaders: string[]
  length: number
}

/**
 * Reads a head that leaves nothing to judge: HTTP/1.1, a path, one host, at most one length, a connection that stays open.
 * @param bytes begin with the request line
 * @param end where the empty line behind the fields begins
 * @returns undefined for any other, well-formed or not. What is returned holds nothing else of the head in memory
 */
export function readPlainHead(bytes: Buffer, end: number): PlainHead | undefined {
  const text = bytes.toString('latin1', 0, end)
  const lineEnd = endOfLine(text, 0)
  const urlAt = text.indexOf(' ') + 1
  const urlEnd = lineEnd - version.length
  if (urlEnd < urlAt || !text.startsWith(version, urlEnd)) return undefined
  const method = bytes.toString('latin1', 0, urlAt - 1)
  const url = bytes.toString('latin1', urlAt, urlEnd)
  if (!methods.has(method) || !path.test(url)) return undefined
  const fields = readFields(bytes, text, lineEnd + 2)
  return fields && { method, url, rawHeaders: fields.rawHeaders, length: fields.length }
}

/** @param text the head's bytes as characters */
function readFields(bytes: Buffer, text: string, from: number): Fields | undefined {
  const rawHeaders: string[] = []
  let hosts = 0
  let length: number | undefined
  for (let start = from, end = from; start < text.length; start = end + 2) {
    end = endOfLine(text, start)
    const colon = text.indexOf(':', start)
    if (colon === -1 || colon > end) return undefined
    const name = readHeaderName(text.slice(start, colon))
    const valueAt = valueStart(text, colon + 1, end)
    const value = bytes.toString('latin1', valueAt, valueEnd(text, valueAt, end))
    // A CR or LF that ends no line would stand in the value.
    if (name === undefined || special.has(name.lower) || !isHeaderValue(value)) return undefined
    if (name.lower === 'host') hosts++
    else if (name.lower === 'connection' && value.toLowerCase() !== 'keep-alive') return undefined
    else if (name.lower === 'content-length') {
      if (length !== undefined || !lengthAsWritten.test(text.slice(colon + 1, end))) return undefined
      length = Number(value)
    }
    rawHeaders.push(name.written, value)
  }
  return hosts === 1 ? { rawHeaders, length: length ?? 0 } : undefined
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from)
  return end === -1 ? text.length : end
}

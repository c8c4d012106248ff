import { headerName, valueEnd, valueStart } from '../../../lib/index.ts'
import { malformed } from './wire-error.ts'

/** How an answer's body ends: after so many bytes, after its last chunk, or with its connection. */
export type Framing = number | 'chunked' | 'close'

export interface AnswerHead {
  status: number
  /** Name in lower case, value, name, value …, in the order in which they came. */
  headers: string[]
  framing: Framing
  /** The connection may serve another exchange. */
  keepsAlive: boolean
  /** How long the other side says it keeps an idle connection. */
  keepAliveMs: number | undefined
}

/** Control characters that must not stand anywhere in a head. CR and LF are checked while reading. */
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?:[ \r]|$)/
const decimal = /^\d{1,15}$/
const keepAliveHint = /(?:^|[,; ])timeout=(\d{1,6})/i

interface Fields {
  length: string | undefined
  transferEncoding: string | undefined
  connection: string
  keepAlive: string | undefined
}

/** How the four fields about the connection are read. The same Content-Length twice counts as one; two different ones are refused. */
const readers: ReadonlyMap<string, (fields: Fields, value: string) => void> = new Map([
  [
    'content-length',
    (fields: Fields, value: string) => {
      if (!decimal.test(value)) throw malformed('its length is no number')
      if (fields.length !== undefined && fields.length !== value) throw malformed('it has two lengths')
      fields.length = value
    },
  ],
  [
    'transfer-encoding',
    (fields: Fields, value: string) => {
      fields.transferEncoding = fields.transferEncoding === undefined ? value : `${fields.transferEncoding}, ${value}`
    },
  ],
  [
    'connection',
    (fields: Fields, value: string) => {
      fields.connection = `${fields.connection},${value.toLowerCase()}`
    },
  ],
  [
    'keep-alive',
    (fields: Fields, value: string) => {
      fields.keepAlive = value
    },
  ],
])

/**
 * Reads a head strictly (RFC 9112): what could be read in two ways is refused, because what follows on the same connection
 * would then belong to nobody.
 * @param text status line and fields as single bytes, without the empty line that ends them
 * @param method of the request: an answer to HEAD has no body
 * @throws WireError answer_malformed
 */
export function readAnswerHead(text: string, method: string): AnswerHead {
  if (forbidden.test(text)) throw malformed('its head has a control character')
  const firstEnd = endOfLine(text, 0)
  const { status, minor } = readStatusLine(text)
  const fields: Fields = { length: undefined, transferEncoding: undefined, connection: '', keepAlive: undefined }
  const headers: string[] = []
  for (let start = firstEnd + 2; start < text.length; ) {
    const end = endOfLine(text, start)
    const colon = text.indexOf(':', start)
    if (colon === -1 || colon > end) throw malformed('a header has no colon')
    const name = text.slice(start, colon)
    const valueAt = valueStart(text, colon + 1, end)
    const value = text.slice(valueAt, valueEnd(text, valueAt, end))
    const known = headerName(name)
    if (known === '') throw malformed('a header has no proper name')
    const isRepeated = known === 'content-length' && fields.length !== undefined
    readers.get(known)?.(fields, value)
    // Told once only: callers refuse an answer with two Content-Length headers, even if they are the same.
    if (!isRepeated) headers.push(known, value)
    start = end + 2
  }
  if (fields.transferEncoding !== undefined && minor === 0) throw malformed('HTTP/1.0 knows no transfer encoding')
  const framing = framingOf(status, fields, method)
  const keepsAlive = framing !== 'close' && !isBodyLeftOut(framing, fields) && staysOpen(fields.connection, minor)
  const hint = fields.keepAlive === undefined ? undefined : keepAliveHint.exec(fields.keepAlive)?.[1]
  return { status, headers, framing, keepsAlive, keepAliveMs: hint === undefined ? undefined : Number(hint) * 1000 }
}

/** Where the line that begins at `from` ends. A CR without LF, or an LF without CR, is refused. */
function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r', from)
  const feed = text.indexOf('\n', from)
  if (end === -1 && feed === -1) return text.length
  if (feed !== end + 1 || end === -1) throw malformed('a line of its head does not end as lines do')
  return end
}

function readStatusLine(text: string): { status: number; minor: number } {
  const found = statusLine.exec(text)
  if (found === null) throw malformed('it has no proper status line')
  return { status: Number(found[2]), minor: Number(found[1]) }
}

function framingOf(status: number, { length, transferEncoding }: Fields, method: string): Framing {
  if (transferEncoding !== undefined) {
    if (transferEncoding.toLowerCase() !== 'chunked') throw malformed('its transfer encoding is unknown')
    if (length !== undefined) throw malformed('it has a length and a transfer encoding')
  }
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return 0
  if (transferEncoding !== undefined) return 'chunked'
  return length === undefined ? 'close' : Number(length)
}

/**
 * It announces a body and has none, by its status or because HEAD asked. Who sends it all the same, by mistake, may send it a moment
 * later, and it would be read as the answer to the next request: of what callers stored with the provider, say.
 */
function isBodyLeftOut(framing: Framing, { length, transferEncoding }: Fields): boolean {
  return framing === 0 && (transferEncoding !== undefined || Number(length ?? 0) > 0)
}

function staysOpen(connection: string, minor: number): boolean {
  if (connection.includes('close')) return false
  return minor === 1 || connection.includes('keep-alive')
}

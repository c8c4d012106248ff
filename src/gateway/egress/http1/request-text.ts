import { headerName, isHeaderValue, isPath } from '../../../lib/index.ts'
import { WireError } from './wire-error.ts'

/** Methods that send `content-length: 0` when there is no body. */
const methodsWithBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'QUERY'])

const decimal = /^\d{1,15}$/

export interface RequestLine {
  method: string
  /** With query, byte for byte. */
  path: string
  /** As the `host` header says it. */
  host: string
  /** Name, value, name, value …, without `host`, `connection` and `transfer-encoding`. */
  headers: readonly string[]
  /** Bytes of the body; absent: it is sent in chunks, unless the headers have its length. */
  length: number | undefined
}

/**
 * The head of a request as single bytes, closed by its empty line.
 * @throws WireError request_malformed for whatever could end a line or a field before its end
 */
export function renderRequestHead({ method, path, host, headers, length }: RequestLine): string {
  if (headerName(method) === '' || !isPath(path))
    throw new WireError('request_malformed', 'the request line is refused')
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`
  let declared: string | undefined
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    const known = headerName(name)
    if (known === '' || !isHeaderValue(value))
      throw new WireError('request_malformed', 'a header of the request is refused')
    if (known === 'content-length') {
      if (declared !== undefined || !decimal.test(value) || (length !== undefined && length !== Number(value)))
        throw new WireError('request_malformed', 'the length of the request is refused')
      declared = value
    } else if (known === 'transfer-encoding')
      throw new WireError('request_malformed', 'a transfer encoding of the request is refused')
    text += `${name}: ${value}\r\n`
  }
  if (declared !== undefined) return `${text}\r\n`
  if (length === undefined) return `${text}transfer-encoding: chunked\r\n\r\n`
  return length > 0 || methodsWithBody.has(method) ? `${text}content-length: ${length}\r\n\r\n` : `${text}\r\n`
}

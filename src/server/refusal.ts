import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type OwnkeyError, responseHeaders } from '../contract/index.ts'
import { problemContentType, toProblem } from '../control/index.ts'
import type { ErrorAnswer } from '../gateway/index.ts'

/** Makes the answer to what the HTTP server itself refuses. @param url as it was called; '' when it could not be read */
export type WordRefusal = (url: string, error: OwnkeyError) => ErrorAnswer

/** Such an answer as problem details, for paths that are not the gateway's. */
export function problemRefusal(url: string, error: OwnkeyError): ErrorAnswer {
  const body = Buffer.from(JSON.stringify(toProblem(error, url.split('?', 1)[0] || '/')))
  return {
    status: error.status,
    headers: [
      responseHeaders.error,
      error.code,
      'content-type',
      problemContentType,
      'content-length',
      String(body.length),
    ],
    body,
  }
}

/** A whole answer as bytes, for a connection without a response object. It is the last answer there. */
export function lastAnswer({ status, headers, body }: ErrorAnswer): Buffer {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Date: ${new Date().toUTCString()}`,
  ]
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/** How long to read and drop what a refused caller still sends: closing at once would reset the connection and lose the answer. */
const lingerMs = 1_000

/** Ends a connection, with an answer written by hand or with what was said on it so far. */
export function endWith(socket: Duplex, answer?: ErrorAnswer): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
  socket.end(answer && lastAnswer(answer))
}

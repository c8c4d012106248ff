import { type OwnkeyError, responseHeaders } from '../contract/index.ts'
import type { ErrorAnswer } from './answer/collect-failure.ts'
import { isRetryable, renderError, requestIdHeaders } from './dialect-errors.ts'
import type { Exchange } from './exchange.ts'
import { dropRest } from './request/drop-rest.ts'

/** Answers with an error of Ownkey's own, in the shape of the API that was called. */
export function writeOwnError(exchange: Exchange, error: OwnkeyError, ownHeaders: readonly string[]): void {
  write(exchange, ownErrorAnswer(exchange, error, ownHeaders))
}

export function ownErrorAnswer(
  { dialect, requestId }: Pick<Exchange, 'dialect' | 'requestId'>,
  error: OwnkeyError,
  ownHeaders: readonly string[],
): ErrorAnswer {
  const answer = renderError(dialect, error, requestId)
  const body = Buffer.from(JSON.stringify(answer.body))
  const headers = [
    ...ownHeaders,
    responseHeaders.error,
    error.code,
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
  ]
  const idHeader = requestIdHeaders[dialect]
  if (idHeader !== undefined) headers.push(idHeader, requestId)
  if (!isRetryable(error)) headers.push('x-should-retry', 'false')
  if (error.retryAfterSeconds !== undefined) headers.push('retry-after', String(Math.ceil(error.retryAfterSeconds)))
  return { status: answer.status, headers, body }
}

/** Answers a question about Ownkey itself. */
export function writeJson(exchange: Exchange, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  const headers = [responseHeaders.requestId, exchange.requestId, 'content-type', 'application/json']
  write(exchange, { status: 200, headers: [...headers, 'content-length', String(body.length)], body })
}

/** Answers with the provider's own error, without the key. */
export function writeProviderError(exchange: Exchange, answer: ErrorAnswer, ownHeaders: readonly string[]): void {
  write(exchange, { ...answer, headers: [...answer.headers, ...ownHeaders] })
}

function write(exchange: Exchange, { status, headers, body }: ErrorAnswer): void {
  const { req, res, refuse } = exchange
  if (refuse !== undefined) {
    refuse({ status, headers, body })
    return
  }
  if (res.headersSent || res.destroyed) {
    res.destroy()
    return
  }
  if (req.complete) {
    res.writeHead(status, headers)
    res.end(req.method === 'HEAD' ? undefined : body)
  } else linger(exchange, { status, headers, body })
}

/** Answers a caller who is still sending its body. The connection cannot serve another request. */
function linger(exchange: Exchange, { status, headers, body }: ErrorAnswer): void {
  const { res } = exchange
  res.writeHead(status, [...headers, 'connection', 'close'])
  res.write(body)
  dropRest(exchange, () => res.end())
}

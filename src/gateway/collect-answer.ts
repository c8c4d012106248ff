import { OwnkeyError } from '../contract/index.ts'
import { type ProviderAnswer, parseBody } from '../providers/index.ts'
import type { AnswerHandler } from './egress.ts'

/** No answer that is read whole here is longer; what comes after is not read. */
const longestAnswer = 512 * 1024

/** Collects one answer of the egress within a time; `resolve` and `reject` are called once together. */
export function createCollector(
  { timeoutMs }: { timeoutMs: number },
  resolve: (answer: ProviderAnswer) => void,
  reject: (error: OwnkeyError) => void,
): AnswerHandler {
  let abort: (error?: Error) => void = () => {}
  let status = 0
  let headers: Record<string, string> = {}
  const parts: Buffer[] = []
  let bytes = 0
  const finish = () => {
    clearTimeout(timer)
    resolve({ status, headers, body: parseBody(Buffer.concat(parts), headers['content-type']) })
  }
  const timer = setTimeout(() => {
    reject(new OwnkeyError('upstream_timeout'))
    abort(new OwnkeyError('upstream_timeout'))
  }, timeoutMs)
  return {
    onConnect: (abortRequest) => {
      abort = abortRequest
    },
    onHeaders: (code, rawHeaders) => {
      status = code
      headers = readHeaders(rawHeaders)
      return true
    },
    onData: (chunk) => {
      parts.push(chunk)
      bytes += chunk.length
      if (bytes > longestAnswer) {
        finish()
        abort(new Error('the answer of a small request is too long'))
      }
      return true
    },
    onComplete: finish,
    onError: (error) => {
      clearTimeout(timer)
      reject(asOwnkeyError(error))
    },
  }
}

function readHeaders(raw: readonly Buffer[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index < raw.length; index += 2) {
    headers[String(raw[index]).toLowerCase()] = String(raw[index + 1])
  }
  return headers
}

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

/** Only the code of a foreign error goes on: its message can hold the address and what was sent. */
function asOwnkeyError(error: Error): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const code = 'code' in error ? String(error.code) : 'unknown'
  if (timeouts.has(code)) return new OwnkeyError('upstream_timeout', { facts: { cause: code } })
  return new OwnkeyError('upstream_unreachable', {
    detail: `The provider cannot be reached (${code}).`,
    facts: { cause: code },
  })
}

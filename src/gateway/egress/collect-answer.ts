import { OwnkeyError } from '../../contract/index.ts'
import { type ProviderAnswer, parseBody } from '../../providers/index.ts'
import { headerRecord } from '../answer/collect-failure.ts'
import type { Egress, UpstreamRequest } from './egress.ts'
import { describeNetworkError } from './network-error.ts'

/** Bytes of an answer that are read; what comes behind them is not. */
const longestAnswer = 512 * 1024

/**
 * Sends something small through the egress and collects the answer.
 * The promise rejects with `upstream_unreachable` or `upstream_timeout` when nothing answers in time.
 */
export function collectAnswer(
  egress: Pick<Egress, 'send'>,
  request: UpstreamRequest,
  { timeoutMs }: { timeoutMs: number },
): Promise<ProviderAnswer> {
  return new Promise((resolve, reject) => {
    let status = 0
    let headers: Record<string, string> = {}
    const parts: Buffer[] = []
    let bytes = 0
    const timer = setTimeout(() => hangUp(new OwnkeyError('upstream_timeout')), timeoutMs)
    const finish = () => {
      clearTimeout(timer)
      resolve({ status, headers, body: parseBody(Buffer.concat(parts), headers['content-type']) })
    }
    const hangUp = egress.send(request, {
      onHeaders: (code, rawHeaders) => {
        status = code
        headers = headerRecord(rawHeaders)
      },
      onData: (chunk) => {
        parts.push(chunk)
        bytes += chunk.length
        if (bytes > longestAnswer) {
          finish()
          hangUp(new Error('the answer of a small request is too long'))
        }
        return true
      },
      onComplete: finish,
      onError: (error) => {
        clearTimeout(timer)
        reject(describeNetworkError(error))
      },
    })
  })
}

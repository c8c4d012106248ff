import type { ErrorClass } from '../../contract/index.ts'
import type { Failure } from '../../providers/index.ts'
import type { ErrorAnswer } from '../answer/collect-failure.ts'
import { renderError } from '../dialect-errors.ts'
import type { Exchange } from '../exchange.ts'

interface Words {
  status: number
  code: string
  message: string
  fix: string
}

/** How the next requests are answered while the key rests because of a stream or socket, which left no HTTP answer to repeat. */
const words: Partial<Record<ErrorClass, Words>> = {
  invalid_key: {
    status: 401,
    code: 'invalid_api_key',
    message: 'The provider refused this key on its last stream or socket.',
    fix: 'Replace the key in the AI settings.',
  },
  quota_exhausted: {
    status: 429,
    code: 'insufficient_quota',
    message: 'The provider’s quota or credit for this key is used up, as its last stream or socket was told.',
    fix: 'Add credit at the provider, or raise the limit.',
  },
  rate_limited: {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'The provider refused the last stream or socket of this key because of too many.',
    fix: 'Wait as long as Retry-After says.',
  },
}

export function restingAnswer({ dialect, requestId }: Exchange, { class: name }: Failure): ErrorAnswer | undefined {
  const said = words[name]
  if (said === undefined) return undefined
  const body = Buffer.from(JSON.stringify(renderError(dialect, { ...said, facts: {} }, requestId).body))
  const headers = ['content-type', 'application/json', 'content-length', String(body.length)]
  return { status: said.status, headers, body }
}

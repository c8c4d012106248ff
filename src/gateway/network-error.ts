import { OwnkeyError } from '../contract/index.ts'

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

/** What kept a provider from answering, in our words: too slow, or not to be reached. */
export function describeNetworkError(error: Error): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const code = 'code' in error ? String(error.code) : 'unknown'
  if (timeouts.has(code)) return new OwnkeyError('upstream_timeout', { facts: { cause: code } })
  return new OwnkeyError('upstream_unreachable', {
    detail: `The provider cannot be reached (${code}).`,
    facts: { cause: code },
  })
}

/** A redirect would carry the key to another host. */
export function redirected(): OwnkeyError {
  return new OwnkeyError('upstream_unreachable', {
    detail: 'The provider answered with a redirect, which is never followed with a key.',
    fix: 'Correct the base URL to the host that answers itself.',
  })
}

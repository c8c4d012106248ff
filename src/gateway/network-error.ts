import { OwnkeyError } from '../contract/index.ts'
import { timeoutCodes } from './http1/index.ts'

/**
 * What kept a provider from answering, in our words: too slow, or not to be reached. Only the code of a foreign error goes on:
 * its message can hold the address and what was sent.
 */
export function describeNetworkError(error: Error): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const code = 'code' in error ? String(error.code) : 'unknown'
  if (timeoutCodes.has(code)) return new OwnkeyError('upstream_timeout', { facts: { cause: code } })
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

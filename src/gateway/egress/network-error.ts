import { OwnkeyError } from '../../contract/index.ts'
import { timeoutCodes } from './http1/index.ts'

/**
 * Why no answer came, in Ownkey's words: the provider was too slow, or could not be reached. Of the system's error only the code is
 * told: its message can hold the address and what was sent.
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

/** The error for an answer that redirects: following it would send the key to another host. */
export function redirected(): OwnkeyError {
  return new OwnkeyError('upstream_unreachable', {
    detail: 'The provider answered with a redirect, which is never followed with a key.',
    fix: 'Correct the base URL to the host that answers itself.',
  })
}

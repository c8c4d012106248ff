import { OwnkeyError } from '../../contract/index.ts'
import { timeoutCodes } from './http1/index.ts'

/** Codes of the system that mean: this process or machine can open no further connection. */
const noRoomCodes: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/** The connection could not even be tried, for want of room here: that tells nothing of the provider or the key. */
export function lacksRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (noRoomCodes.has(error.code) || error.code === 'unavailable')
}

/**
 * Why no answer came, in Ownkey's words: the provider was too slow, or could not be reached, or there is no room here. Of the system's
 * error only the code is told: its message can hold the address and what was sent.
 */
export function describeNetworkError(error: Error): OwnkeyError {
  if (error instanceof OwnkeyError) return error
  const code = 'code' in error ? String(error.code) : 'unknown'
  if (lacksRoom(error))
    return new OwnkeyError('unavailable', {
      detail: `The server has no room for another connection to a provider (${code}).`,
      fix: 'Try again in a few seconds; if it stays so, let the server open more files at once.',
      facts: { cause: code },
      retryAfterSeconds: 1,
    })
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

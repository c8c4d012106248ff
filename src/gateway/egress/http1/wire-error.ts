/** What can go wrong between here and a provider, besides what the system itself reports (`ECONNREFUSED` …). */
export type WireErrorCode =
  | 'connection_closed'
  | 'answer_malformed'
  | 'request_malformed'
  | 'connect_timeout'
  | 'first_byte_timeout'
  | 'idle_timeout'

/** The codes, of ours and of the system's, that mean "too slow". */
export const timeoutCodes: ReadonlySet<string> = new Set([
  'connect_timeout',
  'first_byte_timeout',
  'idle_timeout',
  'ETIMEDOUT',
  // No name server answered.
  'ETIMEOUT',
])

/** Never holds what was sent or received. */
export class WireError extends Error {
  readonly code: WireErrorCode

  constructor(code: WireErrorCode, message: string) {
    super(message)
    this.name = 'WireError'
    this.code = code
  }
}

export function malformed(what: string): WireError {
  return new WireError('answer_malformed', `the answer is not HTTP/1.1: ${what}`)
}

import type { WebSocket } from 'ws'

/** How a connection ended, as a close frame says it. 1005: no code; 1006: without a close frame. */
export interface Ending {
  code: number
  reason: string
}

/** A peer that does not answer a close frame within this time is cut off. Milliseconds. */
export const closeWithinMs = 2_000

const longestReason = 123

/** A reason as a close frame can carry it: 123 bytes, cut between characters. */
export function fitReason(reason: string): string {
  if (Buffer.byteLength(reason) <= longestReason) return reason
  let fitting = ''
  let bytes = 0
  for (const character of reason) {
    bytes += Buffer.byteLength(character)
    if (bytes > longestReason) break
    fitting += character
  }
  return fitting
}

/** Closes one side as the other side was closed. */
export function sayEnding(websocket: WebSocket, { code, reason }: Ending): void {
  // A paused side would never read the answer to the close frame.
  websocket.resume()
  if (code === 1005) websocket.close()
  else websocket.close(code, fitReason(reason))
}

/** The close code for an error after the upgrade, by the status that it would have had before. */
export function codeOfStatus(status: number): number {
  if (status === 429 || status === 503) return 1013
  return status >= 500 ? 1011 : 1008
}

/** What `ws` calls a peer's fault → the ending for the other side. */
const faults: Readonly<Record<string, (who: string) => Ending>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: (who) => ({ code: 1009, reason: `A message of the ${who} is too large.` }),
  WS_ERR_INVALID_UTF8: (who) => ({ code: 1007, reason: `A text of the ${who} is not UTF-8.` }),
}

export function endingOfFault(error: Error, who: 'caller' | 'provider'): Ending {
  const code = 'code' in error ? String(error.code) : ''
  return faults[code]?.(who) ?? { code: 1002, reason: `The ${who} broke the WebSocket protocol.` }
}

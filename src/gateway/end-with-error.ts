import { OwnkeyError, responseHeaders } from '../contract/index.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayDeps } from './gateway-deps.ts'
import { writeOwnError } from './write-answer.ts'

/** Ends a request with the error that was thrown on its way: counts it, and answers it unless nobody waits any more. */
export function endWithError(
  exchange: Exchange,
  thrown: unknown,
  { deps: { measure, log } }: { deps: Pick<GatewayDeps, 'measure' | 'log'> },
): void {
  if (exchange.callerGone) return
  const { requestId } = exchange
  const error = thrown instanceof OwnkeyError ? thrown : new OwnkeyError('internal')
  measure?.refused(error.code)
  if (error.code === 'internal') log.error({ requestId, error: nameOf(thrown) }, 'a request failed inside the gateway')
  writeOwnError(exchange, error, [responseHeaders.requestId, requestId])
}

/** Of a foreign error only the name is told: its message can hold what was sent. */
function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown
}

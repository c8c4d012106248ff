import { OwnkeyError } from '../../contract/index.ts'
import { collectFailure } from '../collect-failure.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
import { describeNetworkError, redirected } from '../network-error.ts'
import type { Outcome } from '../outcome.ts'
import { readHead } from '../read-head.ts'
import type { Refused } from './dial-provider.ts'
import type { OpenedSocket } from './open-socket-attempt.ts'

export interface Answered {
  answer: Refused | Error
  opened: OpenedSocket
  /** Milliseconds since the attempt began. */
  durationMs: number
}

/** What it means that a provider did not upgrade: its own error, or why there is none. The outcome has a failure. */
export function readRefusal(
  { provider }: Required<Exchange>,
  { answer, opened, durationMs }: Answered,
  gateway: Gateway,
): Outcome {
  const outcome = { relayed: false, durationMs, bytes: 0 }
  if (answer instanceof Error) return { ...outcome, failure: { class: 'network' }, error: describeNetworkError(answer) }
  const { status, body, rawHeaders } = answer
  const head = readHead(status, rawHeaders, { filter: gateway.filterOf(provider) })
  if (status >= 300 && status < 400) return { ...outcome, status, failure: { class: 'network' }, error: redirected() }
  const collected = collectFailure(head, [body], { provider, redactor: opened.redactor })
  if (collected !== undefined) return { ...outcome, status, ...collected }
  const error = new OwnkeyError('upstream_unreachable', {
    detail: `The provider answered ${status} to a WebSocket handshake.`,
    fix: 'Use a path that the provider documents for WebSockets.',
  })
  return { ...outcome, status, failure: { class: 'provider_error' }, error }
}

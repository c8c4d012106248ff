import { OwnkeyError } from '../../contract/index.ts'
import { collectFailure } from '../answer/collect-failure.ts'
import { readHead } from '../answer/read-head.ts'
import type { Outcome } from '../attempt/outcome.ts'
import { describeNetworkError, redirected } from '../egress/network-error.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
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

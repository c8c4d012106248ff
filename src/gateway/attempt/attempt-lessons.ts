import type { Failure } from '../../providers/index.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'
import type { Outcome } from './outcome.ts'
import { restingAnswer } from './resting-answer.ts'
import type { Turn } from './turn.ts'

/** Failures by which a provider shows that it has accepted the key: it looked into the request. */
export const keyAccepted: ReadonlySet<string> = new Set(['request_invalid', 'content_refused', 'model_unavailable'])

/** Notes a failure for the key's health, so that the next requests need not run into it. */
export function remember(key: string, model: string | undefined, outcome: Outcome, gateway: Gateway): void {
  gateway.health.failed(key, { model, failure: outcome.failure as Failure, answer: { ...outcome, durationMs: 0 } })
}

/**
 * Notes a failure that a stream told after it had begun well. It means the same for the key as one at the beginning, but it is too
 * late to fall back: the caller has part of the answer.
 */
export function rememberLater(
  key: string,
  { exchange, turn, failure }: { exchange: Required<Exchange>; turn: Turn; failure: Failure },
  gateway: Gateway,
): void {
  const outcome: Outcome = {
    answer: restingAnswer(exchange, failure),
    failure,
    relayed: false,
    durationMs: 0,
    bytes: 0,
  }
  gateway.health.failedLater(key, { model: exchange.model, failure, answer: outcome })
  report(exchange, turn.withoutNext(), failure, gateway)
}

/** Tells those who keep notes and notices how an attempt went. */
export function report(
  exchange: Required<Exchange>,
  turn: Turn,
  failure: Failure | undefined,
  { deps }: Gateway,
): void {
  const { attempt } = turn
  deps.report?.({
    org: exchange.caller.tenant.org,
    feature: exchange.caller.feature,
    provider: attempt.provider,
    source: attempt.source,
    key: attempt.key,
    surface: exchange.surface.name,
    failure,
    fallback: failure !== undefined && turn.mayFallBack(failure) ? failure.class : undefined,
  })
}

import type { Failure } from '../providers/index.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { Outcome } from './outcome.ts'
import { restingAnswer } from './resting-answer.ts'
import type { Try } from './turn.ts'

/** Failures that the provider finds only after it has accepted the key. */
export const keyAccepted: ReadonlySet<string> = new Set(['request_invalid', 'content_refused', 'model_unavailable'])

/** The failure rests with the key, where it says something of the next request. */
export function remember(key: string, model: string | undefined, outcome: Outcome, gateway: Gateway): void {
  gateway.health.failed(key, { model, failure: outcome.failure as Failure, answer: { ...outcome, durationMs: 0 } })
}

/**
 * A stream that began well told a failure later: it says of the key what it says at the beginning of an answer. Too late to
 * fall back: the caller has been answered.
 */
export function rememberLater(
  key: string,
  { exchange, attempted, failure }: { exchange: Required<Exchange>; attempted: Try; failure: Failure },
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
  report(exchange, { ...attempted, mayFallBack: () => false }, failure, gateway)
}

/** Tells those who keep notes and notices how an attempt went. */
export function report(
  exchange: Required<Exchange>,
  attempted: Try,
  failure: Failure | undefined,
  { deps }: Gateway,
): void {
  const { attempt } = attempted
  deps.report?.({
    org: exchange.caller.tenant.org,
    feature: exchange.caller.feature,
    provider: attempt.provider,
    source: attempt.source,
    key: attempt.key,
    surface: exchange.surface.name,
    failure,
    fallback: failure !== undefined && attempted.mayFallBack(failure) ? failure.class : undefined,
  })
}

import type { AnswerTranslation } from '../../dialect/index.ts'
import type { Failure, Provider } from '../../providers/index.ts'
import type { AnswerHeaderFilter } from '../answer/answer-headers.ts'
import type { AnswerReadings } from '../answer/answer-usage.ts'
import type { CallOwner } from '../answer/call-owner.ts'
import type { KeyRedactor } from '../answer/key-redactor.ts'
import { wayBack } from '../answer/way-back.ts'
import type { CallerResponse } from '../caller-messages.ts'
import type { Exchange } from '../exchange.ts'
import { isListed } from '../request/describe-request.ts'
import { entryEnd, unsent } from './attempt-entry.ts'
import { keyAccepted, remember, rememberLater, report } from './attempt-lessons.ts'
import { jobOf, readingsOf } from './job-answer.ts'
import type { OpenedAttempt } from './open-attempt.ts'
import type { Outcome } from './outcome.ts'
import type { Reserved } from './try-attempt.ts'
import type { Turn } from './turn.ts'
import { upstreamPath } from './upstream-path.ts'

/** An attempt that is being sent: gives the call what it needs, and keeps books and key health as the call goes on. */
export class AttemptUnderWay implements CallOwner {
  readonly res: CallerResponse
  readonly provider: Provider
  readonly filter: AnswerHeaderFilter
  readonly retell: CallOwner['retell']
  readonly redactor: KeyRedactor
  readonly usage: AnswerReadings | undefined
  readonly tellsOwnErrors: boolean
  readonly translation: AnswerTranslation | undefined
  private readonly exchange: Required<Exchange>
  private readonly turn: Turn
  private readonly reserved: Reserved

  constructor(
    exchange: Required<Exchange>,
    turn: Turn,
    sent: { reserved: Reserved; opened: OpenedAttempt; translation: AnswerTranslation | undefined },
  ) {
    const { provider } = exchange
    this.exchange = exchange
    this.turn = turn
    this.reserved = sent.reserved
    this.res = exchange.res
    this.provider = provider
    this.filter = sent.reserved.gateway.filterOf(provider)
    this.retell = retellOf(exchange, sent)
    this.redactor = sent.opened.redactor
    this.usage = readingsOf(exchange)
    this.tellsOwnErrors = this.usage?.usage !== undefined && exchange.req.method === 'POST'
    this.translation = sent.translation
  }

  ownHeaders(failure: Failure | undefined): string[] {
    return this.reserved.gateway.ownHeaders(this.exchange, this.turn.attempt, failure)
  }

  isFinal(failure: Failure): boolean {
    // In the one dialect an error has to be translated, so it is never relayed as it is; an answer is translated like any other.
    return (this.exchange.upstream === undefined || failure.isAnswer === true) && !this.turn.mayFallBack(failure)
  }

  onVerdict(failure: Failure | undefined): void {
    const { gateway, key, pilotDone } = this.reserved
    if (failure === undefined || keyAccepted.has(failure.class)) gateway.health.accepted(key)
    pilotDone?.()
    report(this.exchange, this.turn, failure, gateway)
  }

  onUnsent(): void {
    this.reserved.entry.settle(unsent)
  }

  onEnd(outcome: Outcome): void {
    const { gateway, key, entry } = this.reserved
    const { exchange, turn } = this
    const end = entryEnd(outcome, exchange)
    const job = jobOf(exchange, { attempt: turn.attempt, outcome, end })
    if (job === undefined) entry.settle(end)
    else gateway.deps.jobs.settle(entry, end, job)
    const { failure, relayed, later } = outcome
    if (failure !== undefined && !relayed && isListed(exchange.surface)) remember(key, exchange.model, outcome, gateway)
    if (later !== undefined) rememberLater(key, { exchange, turn, failure: later }, gateway)
    else if (relayed && failure === undefined && outcome.cut === undefined) gateway.health.endedWell(key)
  }
}

/** Rewrites the provider's addresses in its answer's headers (where to go on uploading, say) to addresses at this gateway. */
function retellOf(
  exchange: Required<Exchange>,
  { opened: { origin, path }, reserved }: { opened: OpenedAttempt; reserved: Reserved },
): CallOwner['retell'] {
  const { answerAddresses } = exchange.provider
  if (answerAddresses === undefined) return undefined
  const { passes } = reserved.gateway.deps
  const tell = wayBack(exchange, { origin, path, own: upstreamPath(exchange) }, passes)
  return tell && ((name, value) => (answerAddresses.includes(name) ? tell(value) : value))
}

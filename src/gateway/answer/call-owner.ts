import type { AnswerTranslation } from '../../dialect/index.ts'
import type { Failure, Provider } from '../../providers/index.ts'
import type { Outcome } from '../attempt/outcome.ts'
import type { CallerResponse } from '../caller-messages.ts'
import type { AnswerHeaderFilter } from './answer-headers.ts'
import type { AnswerReadings } from './answer-usage.ts'
import type { KeyRedactor } from './key-redactor.ts'

/** Whoever makes a call to a provider: what the call needs of it, and what the call tells it. */
export interface CallOwner {
  res: CallerResponse
  provider: Provider
  filter: AnswerHeaderFilter
  /** Rewrites the value of a header that is passed on; absent: all pass as the provider wrote them. */
  retell?: ((name: string, value: string) => string) | undefined
  redactor: KeyRedactor
  /** How to read the counts; absent where the answer holds none. */
  usage: AnswerReadings | undefined
  /** An error in the answer is this request's: what is asked for is made now, and not the state of a job that was ordered before. */
  tellsOwnErrors: boolean
  /** Translates a successful answer into the caller's dialect; absent: it passes as the provider wrote it. */
  translation?: AnswerTranslation | undefined
  /** Ownkey's own headers for an answer of this attempt: name, value, name, value … */
  ownHeaders(failure: Failure | undefined): string[]
  /** Whether this failure may go to the caller as it comes, because no other attempt follows it. */
  isFinal(failure: Failure): boolean
  /** Called once, as soon as it is known whether the provider serves. Not called when the caller left before that. */
  onVerdict(failure: Failure | undefined): void
  /** Called instead of the two others where nothing could be sent, before `outcome` rejects. */
  onUnsent(): void
  /** Called once, when all is over, before `outcome` resolves. */
  onEnd(outcome: Outcome): void
}

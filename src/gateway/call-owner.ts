import type { ServerResponse } from 'node:http'
import type { AnswerTranslation } from '../dialect/index.ts'
import type { Failure, Provider, UsageReading } from '../providers/index.ts'
import type { AnswerHeaderFilter } from './answer-headers.ts'
import type { KeyRedactor } from './key-redactor.ts'
import type { Outcome } from './outcome.ts'

/** What a call needs from the attempt that it makes, and whom it tells how it goes. */
export interface CallOwner {
  res: ServerResponse
  provider: Provider
  filter: AnswerHeaderFilter
  /** Tells the value of a passing header otherwise; absent: as the provider wrote it. */
  retell?: ((name: string, value: string) => string) | undefined
  redactor: KeyRedactor
  /** How to read counts; absent where the surface does not bill by what the answer says. */
  usage: UsageReading | undefined
  /** How a successful answer is told in the caller's dialect; absent: as the provider wrote it. */
  translation?: AnswerTranslation | undefined
  /** Ownkey's own headers for an answer of this attempt, flat. */
  ownHeaders(failure: Failure | undefined): string[]
  /** True: nothing comes after this attempt if it fails so. */
  isFinal(failure: Failure): boolean
  /** Called once, as soon as it is known whether the provider serves; not for a caller who went away. */
  onVerdict(failure: Failure | undefined): void
  /** Called once, when all is over, before `outcome` resolves. */
  onEnd(outcome: Outcome): void
}

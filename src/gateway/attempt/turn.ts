import type { Attempt } from '../../policy/index.ts'
import type { Failure } from '../../providers/index.ts'
import type { Exchange } from '../exchange.ts'

/** One attempt of a decision, in its place among the others. */
export class Turn {
  readonly attempt: Attempt
  readonly index: number
  readonly next: Attempt | undefined
  private readonly exchange: Required<Exchange>

  constructor(exchange: Required<Exchange>, { attempt, index, next }: Pick<Turn, 'attempt' | 'index' | 'next'>) {
    this.exchange = exchange
    this.attempt = attempt
    this.index = index
    this.next = next
  }

  /** Whether the next attempt may be made after this one failed so. */
  mayFallBack(failure: Failure): boolean {
    return (
      this.next !== undefined &&
      this.attempt.fallbackOn.includes(failure.class) &&
      this.exchange.body.canReplay &&
      !this.exchange.callerGone
    )
  }

  /** The same attempt when it is too late to fall back, because the caller already has part of the answer. */
  withoutNext(): Turn {
    return new Turn(this.exchange, { attempt: this.attempt, index: this.index, next: undefined })
  }
}

import type { Attempt } from '../policy/index.ts'
import type { Failure } from '../providers/index.ts'
import type { Exchange } from './exchange.ts'

/** One attempt of a decision, in its place among the others. */
export interface Try {
  readonly attempt: Attempt
  readonly index: number
  readonly next: Attempt | undefined
  /** True when the next attempt may be made after this one failed so. */
  mayFallBack(failure: Failure): boolean
}

/** An attempt whose turn it is. */
export class Turn implements Try {
  readonly attempt: Attempt
  readonly index: number
  readonly next: Attempt | undefined
  private readonly exchange: Required<Exchange>

  constructor(exchange: Required<Exchange>, { attempt, index, next }: Pick<Try, 'attempt' | 'index' | 'next'>) {
    this.exchange = exchange
    this.attempt = attempt
    this.index = index
    this.next = next
  }

  mayFallBack(failure: Failure): boolean {
    return (
      this.next !== undefined &&
      this.attempt.fallbackOn.includes(failure.class) &&
      this.exchange.body.canReplay &&
      !this.exchange.callerGone
    )
  }
}

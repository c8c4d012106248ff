import type { ErrorClass } from '../../contract/index.ts'
import type { Failure } from '../../providers/index.ts'
import { keyAccepted, remember, report } from '../attempt-lessons.ts'
import type { Exchange } from '../exchange.ts'
import { restingAnswer } from '../resting-answer.ts'
import type { Reserved } from '../try-attempt.ts'
import type { Turn } from '../turn.ts'

interface Learning {
  exchange: Required<Exchange>
  turn: Turn
  reserved: Reserved
}

/**
 * What a session tells of its key, once it is open: vendors that upgrade first and look at the key afterwards say by an error
 * or a close code what others say by a status. It is remembered and reported as the same failure of an HTTP request would be.
 */
export class KeyLesson {
  private readonly learning: Learning
  /** Each thing is told once a session. */
  private readonly learned = new Set<ErrorClass | 'accepted'>()

  constructor({ exchange, turn, reserved }: Learning) {
    // Too late to fall back: the caller's upgrade is answered.
    this.learning = { exchange, turn: turn.withoutNext(), reserved }
  }

  /** @param failure undefined: the provider serves the key */
  learn(failure: Failure | undefined): void {
    const told = failure?.class ?? 'accepted'
    if (this.learned.has(told)) return
    this.learned.add(told)
    const { exchange, turn, reserved } = this.learning
    const { gateway, key } = reserved
    if (failure === undefined || keyAccepted.has(failure.class)) gateway.health.accepted(key)
    else {
      const outcome = { failure, answer: restingAnswer(exchange, failure), relayed: false, durationMs: 0, bytes: 0 }
      remember(key, exchange.model, outcome, gateway)
    }
    report(exchange, turn, failure, gateway)
  }
}

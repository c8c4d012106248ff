import type { ErrorClass } from '../../contract/index.ts'
import type { Failure } from '../../providers/index.ts'
import { keyAccepted, remember, report } from '../attempt/attempt-lessons.ts'
import { restingAnswer } from '../attempt/resting-answer.ts'
import type { Reserved } from '../attempt/try-attempt.ts'
import type { Turn } from '../attempt/turn.ts'
import type { Exchange } from '../exchange.ts'

interface Learning {
  exchange: Required<Exchange>
  turn: Turn
  reserved: Reserved
}

/**
 * What an open session shows about its key. Some vendors upgrade first and check the key afterwards: they tell a failure by an error
 * message or a close code, where others answer with a status. It is noted and reported like a failure of an HTTP request.
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

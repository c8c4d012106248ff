import type { ErrorClass } from '../../contract/index.ts'
import type { Failure } from '../../providers/index.ts'
import { keyAccepted, remember, report } from '../attempt-lessons.ts'
import type { ErrorAnswer } from '../collect-failure.ts'
import { renderError } from '../dialect-errors.ts'
import type { Exchange } from '../exchange.ts'
import type { Reserved } from '../try-attempt.ts'
import type { Try } from '../turn.ts'

interface Learning {
  exchange: Required<Exchange>
  attempted: Try
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

  constructor({ exchange, attempted, reserved }: Learning) {
    // Too late to fall back: the caller's upgrade is answered.
    this.learning = { exchange, attempted: { ...attempted, mayFallBack: () => false }, reserved }
  }

  /** @param failure undefined: the provider serves the key */
  learn(failure: Failure | undefined): void {
    const told = failure?.class ?? 'accepted'
    if (this.learned.has(told)) return
    this.learned.add(told)
    const { exchange, attempted, reserved } = this.learning
    const { gateway, key } = reserved
    if (failure === undefined || keyAccepted.has(failure.class)) gateway.health.accepted(key)
    else {
      const outcome = { failure, answer: answerOf(exchange, failure), relayed: false, durationMs: 0, bytes: 0 }
      remember(key, exchange.model, outcome, gateway)
    }
    report(exchange, attempted, failure, gateway)
  }
}

interface Words {
  status: number
  code: string
  message: string
  fix: string
}

/** With which status and words the key's next requests are answered while it rests: there is no HTTP answer to repeat. */
const words: Partial<Record<ErrorClass, Words>> = {
  invalid_key: {
    status: 401,
    code: 'invalid_api_key',
    message: 'The provider refused this key on its last socket.',
    fix: 'Replace the key in the AI settings.',
  },
  quota_exhausted: {
    status: 429,
    code: 'insufficient_quota',
    message: 'The provider’s quota or credit for this key is used up, as its last socket was told.',
    fix: 'Add credit at the provider, or raise the limit.',
  },
  rate_limited: {
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'The provider refused the last socket of this key because of too many.',
    fix: 'Wait as long as Retry-After says.',
  },
}

function answerOf({ dialect, requestId }: Exchange, { class: name }: Failure): ErrorAnswer | undefined {
  const said = words[name]
  if (said === undefined) return undefined
  const body = Buffer.from(JSON.stringify(renderError(dialect, { ...said, facts: {} }, requestId).body))
  const headers = ['content-type', 'application/json', 'content-length', String(body.length)]
  return { status: said.status, headers, body }
}

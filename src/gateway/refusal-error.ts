import { OwnkeyError } from '../contract/index.ts'
import { periodEnd } from '../metering/index.ts'
import type { Refusal } from '../policy/index.ts'

/** A refusal as it is answered: with the time at which waiting ends, where waiting helps. */
export function refusalError({ code, reason, fix, resets }: Refusal, now: number): OwnkeyError {
  if (resets === undefined) return new OwnkeyError(code, { detail: reason, fix })
  const resetsAt = periodEnd(resets, now)
  return new OwnkeyError(code, {
    detail: reason,
    fix,
    facts: { resetsAt: new Date(resetsAt).toISOString() },
    retryAfterSeconds: Math.max(1, Math.ceil((resetsAt - now) / 1000)),
  })
}

import { OwnkeyError } from '../../contract/index.ts'
import { periodEnd } from '../../lib/index.ts'
import type { Refusal } from '../../policy/index.ts'

/** A refusal as an error; where waiting helps, with the time at which the limit has room again. */
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

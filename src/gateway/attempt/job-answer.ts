import { type EntryEnd, type JobAnswer, partsOf } from '../../metering/index.ts'
import type { Attempt } from '../../policy/index.ts'
import type { AnswerReadings } from '../answer/answer-usage.ts'
import type { Exchange } from '../exchange.ts'
import { costsNothing, fetchesJob } from '../request/costs-nothing.ts'
import { plainPath } from '../request/find-model.ts'
import type { Outcome } from './outcome.ts'

/** How the counts of an answer on this surface are read; undefined: it holds none. */
export function readingsOf(exchange: Required<Exchange>): AnswerReadings | undefined {
  const { surface, provider, target } = exchange
  const { meters, job: reading } = surface
  const usage = meters === 'none' || fetchesJob(exchange) ? undefined : (surface.usage ?? provider.usage)
  const name = reading && surface.path.exec(plainPath(target.path))?.groups?.['job']
  const job = reading && { reading, name }
  return usage === undefined && job === undefined ? undefined : { usage, job }
}

const partial: ReadonlySet<string> = new Set(['range', 'if-range'])

/** The caller's headers. The result of a job is always asked for whole: its pieces would tell counts that cannot be put together. */
export function askedHeaders(exchange: Required<Exchange>): readonly string[] {
  const { rawHeaders } = exchange.req
  if (!fetchesJob(exchange)) return rawHeaders
  return rawHeaders.filter((_, index) => !partial.has((rawHeaders[index & ~1] as string).toLowerCase()))
}

/** What is to be noted of the job that an answer is about; undefined: nothing, because it neither ordered one nor counts anything. */
export function jobOf(
  exchange: Required<Exchange>,
  { attempt, outcome, end }: { attempt: Attempt; outcome: Outcome; end: EntryEnd },
): JobAnswer | undefined {
  const { caller, provider, model } = exchange
  const { job, cut } = outcome
  const isOrder = !costsNothing(exchange)
  if (job === undefined || !end.charged || (end.usage === undefined && !isOrder)) return undefined
  const { names, parts } = job
  return {
    org: caller.tenant.org,
    provider: provider.id,
    host: attempt.host,
    names,
    // What was not told may be estimated.
    parts: parts.length > 0 || end.usage === undefined ? parts : partsOf(model, end.usage),
    isOrder,
    isWhole: parts.length > 0 && cut === undefined,
  }
}

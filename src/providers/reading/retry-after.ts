import type { FailureCause, ProviderAnswer } from '../failure.ts'
import { readFacts } from './facts.ts'
import { at, isRecord } from './is-record.ts'

/** Causes for which waiting does not help: somebody has to pay, raise a limit or send less. */
const noWaitHelps: ReadonlySet<FailureCause> = new Set([
  'out_of_credit',
  'spend_limit',
  'plan_lacks_feature',
  'too_large_for_limit',
])

/** Texts that tell a wait, as "1h2m3.5s", "38s" or "22 seconds". Data: wording changes. */
const waitTexts: readonly RegExp[] = [
  /(?:try again|retry|wait)(?: again)?(?: in| after| for)? (?:another )?((?:\d{1,6}(?:\.\d{1,12})? ?(?:hours?|minutes?|seconds?|ms|h|m|s)[ ,]{0,2}){1,4})/i,
]
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const longestWait = 31 * 24 * 3_600_000

/**
 * How long the provider asks to wait, in milliseconds: `retry-after-ms`, `retry-after` (seconds or an HTTP date),
 * Google's RetryInfo, OpenRouter's reset, or a text. Undefined when it does not say, or when its number means nothing:
 * at a billing stop, and beside a quota that resets by the day.
 *
 * @param cause what the answer was found to mean
 * @param now milliseconds since the epoch, for dates
 */
export function readRetryAfter(
  answer: ProviderAnswer,
  { cause, now = Date.now() }: { cause?: FailureCause | undefined; now?: number } = {},
): number | undefined {
  if (cause !== undefined && noWaitHelps.has(cause)) return undefined
  const facts = readFacts(answer)
  const found =
    number(answer.headers['retry-after-ms'], 1) ??
    seconds(answer.headers['retry-after'], now) ??
    (hasPeriodQuota(facts.error) ? undefined : retryInfo(facts.error)) ??
    resetHeader(at(facts.error, 'metadata', 'headers'), now) ??
    (hasPeriodQuota(facts.error) ? undefined : waitText(facts.message))
  return found === undefined ? undefined : Math.min(Math.max(0, Math.ceil(found)), longestWait)
}

function number(value: string | undefined, factor: number): number | undefined {
  if (value === undefined || !/^\s*\d{1,12}(\.\d{1,12})?\s*$/.test(value)) return undefined
  return Number(value) * factor
}

function seconds(value: string | undefined, now: number): number | undefined {
  const plain = number(value, 1000)
  if (plain !== undefined || value === undefined || !/[a-z]{3}/i.test(value)) return plain
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : date - now
}

function retryInfo(error: unknown): number | undefined {
  const details = at(error, 'details')
  if (!Array.isArray(details)) return undefined
  const delay = details.map((detail) => at(detail, 'retryDelay')).find((value) => value !== undefined)
  if (typeof delay === 'string') return number(delay.replace(/s$/, ''), 1000)
  const count = Number(at(delay, 'seconds'))
  return Number.isFinite(count) ? count * 1000 : undefined
}

/** The ids of Google's violated quotas, `GenerateRequestsPerDayPerProjectPerModel-FreeTier`, wherever it tells them. */
export function quotaIds(error: unknown): readonly string[] {
  const details = at(error, 'details')
  if (!Array.isArray(details)) return []
  return details
    .flatMap((detail) => {
      const violations = at(detail, 'violations')
      const told = Array.isArray(violations) ? (violations as unknown[]) : []
      return [
        ...told.map((violation) => at(violation, 'quotaId') ?? at(violation, 'quotaMetric')),
        at(detail, 'metadata', 'quota_limit'),
      ]
    })
    .filter((id) => typeof id === 'string')
}

export const hasPeriodQuota = (error: unknown): boolean =>
  quotaIds(error).some((id) => /per_?(day|week|month)/i.test(id))

/** OpenRouter puts the epoch in milliseconds into the error's own headers. */
function resetHeader(headers: unknown, now: number): number | undefined {
  if (!isRecord(headers)) return undefined
  const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-ratelimit-reset')
  const reset = Number(entry?.[1])
  return Number.isFinite(reset) && reset > now ? reset - now : undefined
}

function waitText(message: string): number | undefined {
  const text = waitTexts.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined)
  if (text === undefined) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?) ?(ms|h|m|s)/gi)) {
    total += Number(amount) * (units[(unit ?? 's').toLowerCase()] ?? 0)
  }
  return total
}

import type { Failure, ProviderAnswer } from '../failure.ts'
import type { StreamEvent, StreamOpening } from '../stream-opening.ts'
import { commonCodes, commonTypes } from './common-codes.ts'
import { commonMessages } from './common-messages.ts'
import { type Facts, isWord, readFacts } from './facts.ts'
import { at } from './is-record.ts'
import { readRetryAfter } from './retry-after.ts'
import { byMostTelling, type Found, firstMatch, type Rule, type Verdict } from './rules.ts'
import { statusVerdict } from './status-verdict.ts'
import { isFailureEvent, isPreamble, tellsFailure } from './stream-events.ts'

export interface FailureReading {
  readFailure(answer: ProviderAnswer): Failure | undefined
  readStreamOpening(event: StreamEvent): StreamOpening
  readClose(code: number, reason: string): Failure | undefined
}

interface Options {
  /** The provider's own table, tried first. */
  rules?: readonly Rule[]
  /** A refusal that its answers tell in a way of their own, and not as an error. */
  readRefusal?(data: unknown): Failure | undefined
  /** Close codes of its sockets that mean something, tried after the rules have read the reason. */
  closes?: Readonly<Record<number, Verdict>>
}

const closeStatus: Readonly<Record<number, number>> = {
  1002: 400,
  1003: 400,
  1006: 502,
  1007: 400,
  1008: 403,
  1009: 413,
  1011: 500,
  1012: 503,
  1013: 503,
  1014: 502,
  1015: 502,
}

/** Readers of one provider: its own rules, then what codes and texts commonly mean, then the status. */
export function failureReader({ rules = [], closes = {}, readRefusal }: Options = {}): FailureReading {
  const ordered = [...rules, ...commonCodes, ...commonMessages]
  const match = (facts: Facts): Found | undefined => firstMatch(ordered, facts) ?? byMostTelling(commonTypes, facts)

  function judge(answer: ProviderAnswer): Failure {
    const facts = readFacts(answer)
    return toFailure(match(facts) ?? { is: statusVerdict(facts) }, facts, answer)
  }
  return {
    readFailure(answer) {
      if (answer.status === 304 || (answer.status < 300 && !tellsFailure(answer.body))) return undefined
      return judge(answer)
    },
    readStreamOpening(event) {
      if (isFailureEvent(event)) return judge({ status: 200, headers: exceptionName(event), body: event.data })
      return readRefusal?.(event.data) ?? (isPreamble(event) ? 'preamble' : 'content')
    },
    readClose(code, reason) {
      if (code === 1000 || code === 1001 || code === 1005) return undefined
      const answer: ProviderAnswer = { status: 0, headers: {}, body: reason }
      const words = reason.split(/[\s:,]+|(?<=error)\./)
      const facts = { ...readFacts(answer), words, codes: words.map((word) => word.toLowerCase()) }
      const byCode = closes[code] ?? statusVerdict({ ...facts, status: closeStatus[code] ?? 0 })
      const found = match(facts) ?? { is: byCode }
      // A word of a sentence is no code: only one with an underscore is.
      return toFailure(found, { ...facts, words: words.filter((word) => word.includes('_')) }, answer)
    },
  }
}

function toFailure(
  { is: found, code: deciding }: { is: Verdict; code?: string },
  facts: Facts,
  answer: ProviderAnswer,
): Failure {
  const code = [deciding ?? '', ...facts.words].find(isWord)
  const missing = found.class === 'permission_denied' ? missingScope(facts) : undefined
  const retryAfterMs = readRetryAfter(answer, { cause: found.cause })
  return {
    ...found,
    ...(code === undefined ? {} : { code }),
    ...(missing === undefined ? {} : { missing }),
    ...(retryAfterMs === undefined || !mayPass(found) ? {} : { retryAfterMs }),
  }
}

const mayPass = ({ class: name }: Verdict): boolean =>
  name === 'rate_limited' || name === 'provider_error' || name === 'quota_exhausted'

/** How providers name the permission that a key lacks. */
const scopeTexts: readonly RegExp[] = [
  /(?:missing|lacks?)(?: the)?(?: required)? scopes?:? ["'`]?([\w.:*-]{1,80}(?:, ?[\w.:*-]{1,80}){0,9})/i,
  /missing the permissions? ["'`]?([\w.:*-]{1,80})/i,
  /permission ["'`]([\w.:*-]{1,80})["'`] denied/i,
  /not authorized to perform:? ([\w-]{1,40}:[\w*-]{1,80})/i,
  /requires? (?:the )?["'`]([\w.:*-]{1,80})["'`] (?:scope|permission)/i,
]

function missingScope({ error, message }: Facts): string | undefined {
  const details = Array.isArray(error['details']) ? error['details'] : []
  const told = details.map((detail) => at(detail, 'metadata', 'permission')).find((value) => typeof value === 'string')
  if (typeof told === 'string') return told.slice(0, 120)
  const found = scopeTexts.map((pattern) => pattern.exec(message)?.[1]).find((value) => value !== undefined)
  return found?.replace(/[.:,-]+$/, '')
}

/** An AWS event stream tells the exception in the event's head, as the header does outside of streams. */
const exceptionName = ({ name }: StreamEvent): Record<string, string> =>
  name?.endsWith('Exception') ? { 'x-amzn-errortype': name } : {}

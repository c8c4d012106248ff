import type { ErrorClass } from '../../contract/index.ts'
import type { FailureCause } from '../failure.ts'
import type { Facts } from './facts.ts'

/** What a matched rule says. */
export interface Verdict {
  class: ErrorClass
  cause?: FailureCause
}

/**
 * One line of a provider's failure table. All conditions that are given must hold. Rules are tried in order, so the
 * lines with a code stand before those that only have a message, and statuses come last.
 */
export interface Rule {
  /** Any of these machine codes, in lower case. */
  code?: readonly string[]
  status?: readonly number[]
  /** Message wording changes without notice: only where the provider gives no code, or one code for two things. */
  message?: RegExp
  /** For what neither of the three can say, such as Google's quota ids. */
  where?(facts: Facts): boolean
  is: Verdict
}

export const verdict = (className: ErrorClass, cause?: FailureCause): Verdict =>
  cause === undefined ? { class: className } : { class: className, cause }

/** A verdict, and the code that decided it, as the provider wrote it. */
export interface Found {
  is: Verdict
  code?: string
}

/** @returns what the first rule says whose conditions hold. */
export function firstMatch(rules: readonly Rule[], facts: Facts): Found | undefined {
  const rule = rules.find((candidate) => matches(candidate, facts))
  if (rule === undefined) return undefined
  const index = facts.codes.findIndex((code) => rule.code?.includes(code))
  const code = facts.words[index]
  return code === undefined ? { is: rule.is } : { is: rule.is, code }
}

/** @returns what the most telling code says that any of the rules knows; their own order does not matter. */
export function byMostTelling(rules: readonly Rule[], facts: Facts): Found | undefined {
  for (const [index, code] of facts.codes.entries()) {
    const rule = rules.find((candidate) => candidate.code?.includes(code) && matches(candidate, facts))
    if (rule !== undefined) return { is: rule.is, code: facts.words[index] as string }
  }
  return undefined
}

function matches(rule: Rule, facts: Facts): boolean {
  if (rule.code && !rule.code.some((code) => facts.codes.includes(code))) return false
  if (rule.status && !rule.status.includes(facts.status)) return false
  if (rule.message && !rule.message.test(facts.message)) return false
  return rule.where?.(facts) ?? true
}

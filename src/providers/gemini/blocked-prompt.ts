import type { Failure } from '../failure.ts'
import { unwrap } from '../parse-answer.ts'
import { isWord } from '../reading/facts.ts'
import { at } from '../reading/is-record.ts'

/** Google's answer to a prompt that it blocks: status 200, the reason, and no candidates. */
export function readBlockedPrompt(data: unknown): Failure | undefined {
  const body = unwrap(data)
  const reason = at(body, 'promptFeedback', 'blockReason')
  if (typeof reason !== 'string' || at(body, 'candidates') !== undefined) return undefined
  return { class: 'content_refused', ...(isWord(reason) && { code: reason }), isAnswer: true }
}

/** How JSON with one begins. */
export const blockedPrompt = /^\s*(?:\[\s*)?\{\s*"promptFeedback"\s*:\s*\{\s*"blockReason"/

import { OwnkeyError } from '../../contract/index.ts'
import type { AnswerTranslation, WholeAnswer } from '../../dialect/index.ts'
import type { Failure } from '../../providers/index.ts'
import { AnswerUsage } from './answer-usage.ts'
import type { CallOwner } from './call-owner.ts'
import { type CollectedHead, collectFailure, type ErrorAnswer } from './collect-failure.ts'
import { decodeBody } from './content-codings.ts'
import type { KeyRedactor } from './key-redactor.ts'
import { eventStream, wholeHeaders } from './translated-headers.ts'

/** The longest answer that is translated; no chat or spoken sentence comes near it. */
export const longestAnswer = 128 * 1024 * 1024

/** An answer translated into the caller's dialect. */
interface Told {
  headers: string[]
  body: Buffer
  /** Has read all of the answer; absent where the answer holds no counts. */
  usage: AnswerUsage | undefined
}

interface Untold {
  failure: Failure
  answer?: ErrorAnswer
  error?: OwnkeyError
}

/**
 * Translates an answer that is all here into the caller's dialect, or says why it cannot: it is a failure after all, or cannot be
 * read as one of the provider's answers.
 * @param isStream the answer is a stream of events
 */
export function tellWhole(
  { provider, redactor, translation, usage }: Pick<CallOwner, 'provider' | 'redactor' | 'translation' | 'usage'>,
  { head, parts, isStream }: { head: CollectedHead; parts: readonly Buffer[]; isStream: boolean },
): Told | Untold {
  const failed = provider.failsInside200 ? collectFailure(head, parts, { provider, redactor }) : undefined
  if (failed !== undefined) return failed
  const plain = decodeBody(Buffer.concat(parts), head.encoding)
  const translate = isStream ? wholeStream(translation?.stream) : translation?.whole
  const told = plain === undefined ? undefined : translateWhole(translate, plain, redactor)
  if (plain === undefined || told === undefined) return { failure: { class: 'provider_error' }, error: unreadable() }
  const counts = usage === undefined ? undefined : new AnswerUsage(usage, head)
  counts?.feed(plain)
  return { headers: redactor.cleanHeaders(wholeHeaders(head.passed, told)), body: told.body, usage: counts }
}

/** Translates a stream whose events are all here, in one go. */
function wholeStream(stream: AnswerTranslation['stream']): AnswerTranslation['whole'] {
  return (
    stream &&
    ((body) => {
      const events = stream()
      return { contentType: eventStream, body: Buffer.from(events.feed(body) + events.end()) }
    })
  )
}

/** Undefined where it cannot be read as one of the provider's answers. */
function translateWhole(
  whole: AnswerTranslation['whole'],
  plain: Buffer,
  redactor: KeyRedactor,
): WholeAnswer | undefined {
  try {
    const safe = redactor.pass(plain)
    const held = redactor.flush()
    return whole?.(held === undefined ? safe : Buffer.concat([safe, held]))
  } catch {
    return undefined
  }
}

export function unreadable(): OwnkeyError {
  return new OwnkeyError('upstream_unreachable', {
    detail: 'The provider’s answer cannot be read.',
    fix: 'Try again; if it stays so, check the base URL and the provider’s status page.',
  })
}

import { OwnkeyError } from '../contract/index.ts'
import type { AnswerTranslation, WholeAnswer } from '../dialect/index.ts'
import type { CollectedHead } from './collect-failure.ts'
import { decodeBody } from './content-codings.ts'
import type { KeyRedactor } from './key-redactor.ts'

/** A successful answer of this many bytes is translated; a longer one is none that a chat or a sentence could have. */
export const longestAnswer = 128 * 1024 * 1024

const eventStream = 'text/event-stream; charset=utf-8'

/** The provider's headers for a whole answer in other words. */
export function wholeHeaders(passed: readonly string[], { contentType, body }: WholeAnswer): string[] {
  return [...headersForOthers(passed), 'content-type', contentType, 'content-length', String(body.length)]
}

/** The provider's headers for events in other words. */
export function streamHeaders(passed: readonly string[]): string[] {
  return [...headersForOthers(passed), 'content-type', eventStream]
}

/** Events that are all here, as one answer. */
export function wholeStream(stream: AnswerTranslation['stream']): AnswerTranslation['whole'] {
  return (
    stream &&
    ((body) => {
      const events = stream()
      return { contentType: eventStream, body: Buffer.from(events.feed(body) + events.end()) }
    })
  )
}

/** Those that say nothing of the bytes that they came with. */
function headersForOthers(passed: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < passed.length; i += 2) {
    const name = passed[i] as string
    if (!describesBytes.has(name)) kept.push(name, passed[i + 1] as string)
  }
  return kept
}

const describesBytes: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'etag',
])

/** A collected 200 in the caller's dialect, or our error where the provider's answer cannot be read as one. */
export function translateWhole(
  whole: AnswerTranslation['whole'],
  { head, parts, redactor }: { head: CollectedHead; parts: readonly Buffer[]; redactor: KeyRedactor },
): WholeAnswer | OwnkeyError {
  try {
    const plain = decodeBody(Buffer.concat(parts), head.encoding)
    if (plain === undefined || whole === undefined) return unreadable()
    const safe = redactor.pass(plain)
    const held = redactor.flush()
    return whole(held === undefined ? safe : Buffer.concat([safe, held]))
  } catch {
    return unreadable()
  }
}

export function unreadable(): OwnkeyError {
  return new OwnkeyError('upstream_unreachable', {
    detail: 'The provider’s answer cannot be read.',
    fix: 'Try again; if it stays so, check the base URL and the provider’s status page.',
  })
}

import type { AnswerTranslation } from '../dialect/index.ts'
import type { Provider, StreamFraming } from '../providers/index.ts'
import { type CollectedHead, decodeBody, isDecodable } from './collect-failure.ts'

/**
 * What becomes of a success: it is `relayed`; `opened`, because its first events may say that it is none; `collected`, because
 * its whole body may; or `translated`, which takes all of it. `undecided`: too little of it is here.
 */
export interface AnswerKind {
  way: 'relayed' | 'opened' | 'collected' | 'translated' | 'undecided'
  /** How the answer's stream is framed; absent: it is none, or made of server-sent events. */
  framing: StreamFraming | undefined
  /** What is opened is JSON that says first of all that it is an error. */
  isJson: boolean
}

/** @param first all bytes that are here, and `isWhole` when there are no more */
export function answerKind(
  { contentType, encoding }: CollectedHead,
  first: { bytes: Buffer; isWhole: boolean },
  { provider, translation }: { provider: Provider; translation?: AnswerTranslation | undefined },
): AnswerKind {
  const framing =
    provider.framing !== undefined && contentType.startsWith(provider.framing.contentType)
      ? provider.framing
      : undefined
  const isEvents = contentType.startsWith('text/event-stream') || framing !== undefined
  const isJson = contentType.includes('json') && !isEvents
  const kind = (way: AnswerKind['way']): AnswerKind => ({ way, framing, isJson })
  if (isJson && isDecodable(encoding)) {
    const tellsError = opensWithError(decodeBody(first.bytes, encoding))
    if (tellsError === true) return kind('opened')
    if (tellsError === undefined && !first.isWhole && first.bytes.length < enoughToTell) return kind('undecided')
  }
  const isStream = isEvents && isDecodable(encoding)
  if (translation?.whole !== undefined && !(isStream && encoding === '' && translation.stream))
    return kind('translated')
  if (isStream) return kind('opened')
  return kind(provider.failsInside200 && isJson ? 'collected' : 'relayed')
}

const eventField = /^\s*(?:(?:data|event|id|retry) ?:|:)/
const document = /^\s*[{[]/

/** What an answer without a content type holds, by its first bytes; '' when they do not tell. */
export function guessContentType(first: Buffer): string {
  const text = first.toString('latin1', 0, 64)
  if (eventField.test(text)) return 'text/event-stream'
  return document.test(text) ? 'application/json' : ''
}

/** So many bytes tell whether JSON opens with an error. */
const enoughToTell = 64
const quote = 0x22
/** With what the names begin that such JSON begins with. */
const firstLetters: ReadonlySet<number> = new Set(Buffer.from('eto'))
const errorFirst = /^\s*(?:\[\s*)?\{\s*"(?:error"\s*:\s*[{"]|(?:type|object)"\s*:\s*"error")/

/** Whether JSON says first of all that it is an error: whatever its status, it is then read as one. Undefined: it still may. */
function opensWithError(first: Buffer | undefined): boolean | undefined {
  if (first === undefined) return false
  const at = first.indexOf(quote)
  const letter = at === -1 ? undefined : first[at + 1]
  if (letter !== undefined && !firstLetters.has(letter)) return false
  return errorFirst.test(first.toString('latin1', 0, enoughToTell * 2)) || undefined
}

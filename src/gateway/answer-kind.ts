import type { StreamFraming } from '../providers/index.ts'
import type { CallOwner } from './call-owner.ts'
import type { CollectedHead } from './collect-failure.ts'
import { decodeBody, isDecodable } from './content-codings.ts'

/**
 * What becomes of a success: it is `relayed`; `opened`, because its first events may say that it is none; `collected`, because
 * its whole body may; or `translated`, which takes all of it. `undecided`: too little of it is here.
 * `unreadable`: it is none of the answers that the caller's dialect has.
 */
export interface AnswerKind {
  way: 'relayed' | 'opened' | 'collected' | 'translated' | 'undecided' | 'unreadable'
  /** How the answer's stream is framed; absent: it is none, or made of server-sent events. */
  framing: StreamFraming | undefined
  /** What is opened is JSON that says first of all that it is an error. */
  isJson: boolean
}

/**
 * @param head gets the content type that the bytes tell, where it had none that says something
 * @param first all bytes that are here, and `isWhole` when there are no more
 */
export function answerKind(
  head: CollectedHead,
  first: { bytes: Buffer; isWhole: boolean },
  { provider, translation, usage }: Pick<CallOwner, 'provider' | 'translation' | 'usage'>,
): AnswerKind {
  const contentType = readContentType(head, first, usage !== undefined)
  if (contentType === undefined) return { way: 'undecided', framing: undefined, isJson: false }
  head.contentType = contentType
  const { encoding } = head
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
  if (translation?.whole !== undefined && !(isStream && translation.stream)) return kind('translated')
  if (translation?.passes !== undefined && !isAnswer(translation.passes, { head, first, isSpoken: isJson || isEvents }))
    return kind('unreadable')
  if (isStream) return kind('opened')
  return kind(provider.failsInside200 && isJson ? 'collected' : 'relayed')
}

/** A page of a login or of a wrong address has status 200 too. Of compressed bytes only their type is known. */
function isAnswer(
  kind: 'document' | 'sound',
  { head, first, isSpoken }: { head: CollectedHead; first: { bytes: Buffer; isWhole: boolean }; isSpoken: boolean },
): boolean {
  if (first.isWhole && first.bytes.length === 0) return false
  if (head.encoding !== '') return isSpoken || !head.contentType.startsWith('text/html')
  const text = first.bytes.toString('latin1', 0, 64).replace(byteOrderMark, '')
  if (page.test(text)) return false
  return kind === 'sound' || isSpoken || document.test(text)
}

const page = /^\s*<(?:!doctype|html|head|body)\b/i
const eventField = /^\s*(?:(?:data|event|id|retry) ?:|:)/
const perhapsField = /^\s*(?:d|da|dat|data|e|ev|eve|even|event|i|id|r|re|ret|retr|retry)?$/
const document = /^\s*[{[]/
/** Types that say nothing: servers that set none, or one for everything, stream events under them. */
const vague = /^(?:$|text\/plain|application\/octet-stream)/
/** As single bytes. */
const byteOrderMark = /^\xef\xbb\xbf/

/**
 * What an answer holds whose content type does not say: events or JSON, by its first bytes; else the type that it has. Undefined:
 * too little of it is here.
 * @param isCounted its counts matter; else only one without a type is looked at
 */
function readContentType(
  { contentType, encoding }: CollectedHead,
  { bytes, isWhole }: { bytes: Buffer; isWhole: boolean },
  isCounted: boolean,
): string | undefined {
  if (!vague.test(contentType) || (contentType !== '' && !isCounted)) return contentType
  const text = decodeBody(bytes, encoding)?.toString('latin1', 0, 64).replace(byteOrderMark, '')
  if (text === undefined) return contentType
  if (eventField.test(text)) return 'text/event-stream'
  if (document.test(text)) return 'application/json'
  return !isWhole && perhapsField.test(text) ? undefined : contentType
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

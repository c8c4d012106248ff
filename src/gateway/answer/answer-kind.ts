import type { StreamFraming } from '../../providers/index.ts'
import type { CallOwner } from './call-owner.ts'
import type { CollectedHead } from './collect-failure.ts'
import { decodeBody, isDecodable } from './content-codings.ts'
import { enoughToTell, opensWithError } from './opens-with-error.ts'

/** How an answer with a success status is handled. */
export interface AnswerKind {
  /**
   * - `relayed`: passed on at once.
   * - `opened`: a stream, held back until its first events show whether it is an error after all.
   * - `collected`: JSON of a provider that reports errors with status 200, held back until all of it is here.
   * - `translated`: held back until all of it is here, because the translation needs the whole.
   * - `undecided`: too few bytes are here to tell.
   * - `unreadable`: nothing that the caller's dialect could answer, such as a login page.
   */
  way: 'relayed' | 'opened' | 'collected' | 'translated' | 'undecided' | 'unreadable'
  /** The provider's own framing of its stream; absent: server-sent events, or no stream. */
  framing: StreamFraming | undefined
  /** With `opened`: not a stream, but one JSON text that looks like an error. */
  isJson: boolean
}

/**
 * @param head its content type is replaced by what the bytes show, where the provider's says nothing
 * @param first all bytes that are here so far; `isWhole`: there are no more
 */
export function answerKind(
  head: CollectedHead,
  first: { bytes: Buffer; isWhole: boolean },
  {
    provider,
    translation,
    usage,
    tellsOwnErrors,
  }: Pick<CallOwner, 'provider' | 'translation' | 'usage' | 'tellsOwnErrors'>,
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
    const anywhere = tellsOwnErrors && contentType.startsWith('application/json')
    const tellsError = opensWithError(decodeBody(first.bytes, encoding), { anywhere, refusal: provider.refusal })
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

/** Whether this can be an answer of the provider at all: login pages and wrong addresses have status 200, too. */
function isAnswer(
  kind: 'document' | 'sound',
  { head, first, isSpoken }: { head: CollectedHead; first: { bytes: Buffer; isWhole: boolean }; isSpoken: boolean },
): boolean {
  if (first.isWhole && first.bytes.length === 0) return false
  // The bytes are compressed, so the content type is all there is to go by.
  if (head.encoding !== '') return isSpoken || !head.contentType.startsWith('text/html')
  const text = first.bytes.toString('latin1', 0, 64).replace(byteOrderMark, '')
  if (page.test(text)) return false
  return kind === 'sound' || isSpoken || document.test(text)
}

const page = /^\s*<(?:!doctype|html|head|body)\b/i
const eventField = /^\s*(?:(?:data|event|id|retry) ?:|:)/
const perhapsField = /^\s*(?:d|da|dat|data|e|ev|eve|even|event|i|id|r|re|ret|retr|retry)?$/
const document = /^\s*[{[]/
/** Content types that say nothing: some servers stream events without a type, or with one that they give to everything. */
const vague = /^(?:$|text\/(?:plain|html)|application\/octet-stream)/
/** UTF-8's, read as Latin-1. */
const byteOrderMark = /^\xef\xbb\xbf/

/**
 * The content type; where it says nothing, what the first bytes show (events or JSON). Undefined: too few bytes are here.
 * @param isCounted usage is read from this answer. Otherwise the bytes are looked at only if it has no type at all.
 */
function readContentType(
  { contentType, encoding }: CollectedHead,
  { bytes, isWhole }: { bytes: Buffer; isWhole: boolean },
  isCounted: boolean,
): string | undefined {
  if (!vague.test(contentType) || (contentType !== '' && !isCounted))
    return isCounted && isMislabelled(contentType, bytes, encoding) ? 'text/event-stream' : contentType
  const plain = decodeBody(bytes, encoding)
  if (plain === undefined) return contentType
  const text = plain.toString('latin1', 0, enoughToTell).replace(byteOrderMark, '')
  if (eventField.test(text)) return 'text/event-stream'
  if (document.test(text)) return 'application/json'
  const isEnough = plain.length >= enoughToTell || bytes.length >= enoughPacked
  return !isWhole && !isEnough && perhapsField.test(text) ? undefined : contentType
}

/** Events under the type of JSON, which none of them begins like. */
function isMislabelled(contentType: string, bytes: Buffer, encoding: string): boolean {
  if (encoding !== '' || !contentType.includes('json')) return false
  return eventField.test(bytes.toString('latin1', 0, enoughToTell))
}

/** What is packed and gives less than that gives nothing. */
const enoughPacked = 1_024

import type { AnswerHeaderFilter } from './answer-headers.ts'
import { type CollectedHead, decodeBody } from './collect-failure.ts'

export interface HeadPassing {
  filter: AnswerHeaderFilter
  retell?: ((name: string, value: string) => string) | undefined
}

/** An answer's head in one walk: what is looked at, and what the caller may see. @param rawHeaders name, value, name, value … */
export function readHead(
  status: number,
  rawHeaders: readonly string[],
  { filter, retell }: HeadPassing,
): CollectedHead {
  const head: CollectedHead = { status, contentType: '', encoding: '', length: undefined, passed: [], raw: rawHeaders }
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = filter.passes(rawHeaders[i] as string)
    if (name === '') continue
    const value = rawHeaders[i + 1] as string
    if (name === 'content-type') head.contentType = value.toLowerCase()
    else if (name === 'content-length') head.length = Number(value)
    else if (name === 'content-encoding') head.encoding = value.toLowerCase()
    head.passed.push(name, retell === undefined ? value : retell(name, value))
  }
  return head
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
export const enoughToTell = 64
const quote = 0x22
/** With what the names begin that such JSON begins with. */
const firstLetters: ReadonlySet<number> = new Set(Buffer.from('eto'))
const errorFirst = /^\s*(?:\[\s*)?\{\s*"(?:error"\s*:\s*[{"]|(?:type|object)"\s*:\s*"error")/

/** Whether JSON says first of all that it is an error: whatever its status, it is then read as one. */
export function opensWithError(first: Buffer, encoding: string): boolean {
  const plain = decodeBody(first, encoding)
  if (plain === undefined || !firstLetters.has(plain[plain.indexOf(quote) + 1] as number)) return false
  return errorFirst.test(plain.toString('latin1', 0, enoughToTell * 2))
}

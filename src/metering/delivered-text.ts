import { backslash } from '../lib/index.ts'

const bytesPerToken = 4

/** The JSON strings that carry what a model says, in the dialects of all providers. */
const said = /"(?:content|text|delta|arguments|partial_json|thinking|reasoning|reasoning_content)"\s*:\s*"/g
/** What a caller says. */
const asked = /"(?:content|text|input|prompt|system|instructions|arguments)"\s*:\s*"/g
const askedList = /"(?:content|text|input|prompt|texts)"\s*:\s*\[/g
/** The next one of a list, right here. */
const nextText = /\s*(?:,\s*)?"/y

/** No name with its colon is longer. */
const longestName = 40

/**
 * Estimates the tokens of a stream's text while it passes, for streams that break off before they tell their counts, or never tell
 * them. Counts the bytes of texts and nothing else.
 */
export class DeliveredText {
  private bytes = 0
  private open = false
  /** The end of the chunk before: perhaps the beginning of a name; inside a text, backslashes that may escape the next character. */
  private kept = ''

  /** Whole tokens, by about four bytes each. */
  get tokens(): number {
    return Math.ceil(this.bytes / bytesPerToken)
  }

  feed(chunk: Buffer): void {
    const { kept } = this
    const text = kept + chunk.toString('latin1')
    let from = 0
    if (this.open) {
      const end = closingQuote(text, 0)
      this.bytes += (end ?? text.length) - kept.length
      if (end === undefined) {
        this.kept = backslashesAtEnd(text)
        return
      }
      from = end
    }
    const counted = countTexts(text, said, from)
    this.bytes += counted.bytes
    this.open = counted.open
    // No name reaches over the end of a line; most pieces end with one.
    if (this.open) this.kept = backslashesAtEnd(text)
    else this.kept = text.endsWith('\n') ? '' : text.slice(Math.max(counted.end, text.length - longestName))
  }
}

function backslashesAtEnd(text: string): string {
  let from = text.length
  while (from > 0 && text.charCodeAt(from - 1) === backslash) from--
  return text.slice(from)
}

/** The tokens of a request's texts, estimated; what else is in it (pictures, files) is not counted. */
export function estimateAsked(body: readonly Buffer[]): number {
  const all = body.length === 1 ? (body[0] as Buffer) : Buffer.concat(body)
  const text = all.toString('latin1')
  return Math.ceil((countTexts(text, asked, 0).bytes + countLists(text)) / bytesPerToken)
}

/** Texts in a list, as those to be embedded come. */
function countLists(text: string): number {
  let bytes = 0
  for (const { index, 0: opening } of text.matchAll(askedList)) {
    nextText.lastIndex = index + opening.length
    for (let next = nextText.exec(text); next; next = nextText.exec(text)) {
      const start = nextText.lastIndex
      const end = closingQuote(text, start) ?? text.length
      bytes += end - start
      nextText.lastIndex = end + 1
    }
  }
  return bytes
}

/** `end`: behind the last text that is whole. */
function countTexts(text: string, pattern: RegExp, from: number): { bytes: number; open: boolean; end: number } {
  let bytes = 0
  let last = from
  pattern.lastIndex = from
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const start = pattern.lastIndex
    const end = closingQuote(text, start)
    bytes += (end ?? text.length) - start
    if (end === undefined) return { bytes, open: true, end: text.length }
    pattern.lastIndex = end
    last = end
  }
  return { bytes, open: false, end: last }
}

/** Where the string ends in which `from` stands; undefined: not in this text. */
function closingQuote(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (at - 1 - slashes >= from && text.charCodeAt(at - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return at
  }
  return undefined
}

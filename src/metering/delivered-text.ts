/** Estimates the tokens of a stream's text from its bytes while it passes. */
export interface DeliveredText {
  feed(chunk: Buffer): void
  /** Whole tokens, by about four bytes each. */
  readonly tokens: number
}

const bytesPerToken = 4

/** The JSON strings that carry what a model says, in the dialects of all providers. */
const said = /"(?:content|text|delta|arguments|partial_json|thinking|reasoning|reasoning_content)"\s*:\s*"/g
/** What a caller says. */
const asked = /"(?:content|text|input|prompt|system|instructions|arguments)"\s*:\s*"/g

/**
 * Counts the bytes of texts and nothing else: for a stream that broke off before it told its counts, or never tells them. A
 * name that is split over two chunks is missed; that is part of what makes it an estimate.
 */
export function createDeliveredText(): DeliveredText {
  let bytes = 0
  let open = false
  return {
    feed(chunk) {
      const text = chunk.toString('latin1')
      let from = 0
      if (open) {
        const end = closingQuote(text, 0)
        bytes += end ?? text.length
        if (end === undefined) return
        from = end
      }
      const counted = countTexts(text, said, from)
      bytes += counted.bytes
      open = counted.open
    },
    get tokens() {
      return Math.ceil(bytes / bytesPerToken)
    },
  }
}

/** The tokens of a request's texts, estimated; what else is in it (pictures, files) is not counted. */
export function estimateAsked(body: readonly Buffer[]): number {
  const all = body.length === 1 ? (body[0] as Buffer) : Buffer.concat(body)
  return Math.ceil(countTexts(all.toString('latin1'), asked, 0).bytes / bytesPerToken)
}

function countTexts(text: string, pattern: RegExp, from: number): { bytes: number; open: boolean } {
  let bytes = 0
  pattern.lastIndex = from
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const start = pattern.lastIndex
    const end = closingQuote(text, start)
    bytes += (end ?? text.length) - start
    if (end === undefined) return { bytes, open: true }
    pattern.lastIndex = end
  }
  return { bytes, open: false }
}

/** Where the string ends in which `from` stands; undefined: not in this text. */
function closingQuote(text: string, from: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (at - 1 - slashes >= from && text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return at
  }
  return undefined
}

import type { Surface, Usage } from '../providers/index.ts'

/** What is known of a request before it is sent. */
export interface AskedParts {
  meters: Surface['meters']
  /** What of the body is here, in order. */
  chunks: readonly Buffer[]
  /** Bytes of the whole body, as far as they are known. */
  bytes: number
  isWhole: boolean
  /** Characters that the provider bills, where it bills by the request's text. */
  characters: number | undefined
}

const bytesPerToken = 4
/** Answers end long before; a limit beyond it is there to never be met. */
const mostOutput = 8_192
/** Of a request that tells no limit. */
const usualOutput = 4_096
/** Of a body that is not here whole: most of such a one is pictures, recordings or files. */
const mostUnseenTokens = 32_768
/** What providers count for one of them is of this size, not that of its bytes. */
const tokensOfData = 1_500
/** No word is longer. */
const shortestData = 1_024
/** Recordings as they are sent; between the telephone's quality and that of music. */
const audioBytesPerSecond = 16_000

/** How the providers' dialects name the most tokens that an answer may have. */
const limitNames =
  /"(?:max_tokens|max_completion_tokens|max_output_tokens|maxOutputTokens|maxTokens|max_new_tokens|max_gen_len|max_tokens_to_sample)"\s*:\s*(\d+)/g

/**
 * What a request may count, in the ways in which models that serve it are priced: estimated from the size of its texts and from the
 * limit that it tells for the answer.
 */
export function expectUsage(asked: AskedParts): readonly Usage[] {
  const { meters, bytes, characters } = asked
  if (meters === 'none') return []
  if (meters === 'audio') return [{ audioSeconds: Math.ceil(bytes / audioBytesPerSecond) }, ...tokensOf(asked)]
  if (meters === 'characters') return [{ characters: characters ?? bytes }, ...tokensOf(asked)]
  return tokensOf(asked)
}

/** A session, of which nothing is known before it runs: some minutes of talking. */
export function expectSession(meters: Surface['meters']): readonly Usage[] {
  if (meters === 'none') return []
  const tokens = { inputTokens: mostOutput, outputTokens: usualOutput }
  return [
    ...(meters === 'audio' ? [{ audioSeconds: 180 }] : meters === 'characters' ? [{ characters: 2_000 }] : []),
    tokens,
  ]
}

/** The second is for models whose answers cost nothing: embeddings. */
function tokensOf({ chunks, bytes, isWhole }: AskedParts): readonly Usage[] {
  const text = (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString('latin1')
  const inputTokens = isWhole ? tokensIn(text) : Math.min(mostUnseenTokens, Math.ceil(bytes / bytesPerToken))
  return [{ inputTokens, outputTokens: outputLimit(text) }, { inputTokens }]
}

/** A name in a string stands between escaped quotes, and is none. Of several limits the highest. */
function outputLimit(text: string): number {
  let told = 0
  for (const [, digits] of text.matchAll(limitNames)) told = Math.max(told, Number(digits))
  return told === 0 ? usualOutput : Math.min(told, mostOutput)
}

/** By about four bytes each; a string of base64 counts as a picture. */
function tokensIn(text: string): number {
  let bytes = 0
  let tokens = 0
  for (let from = 0; from < text.length; ) {
    const quote = text.indexOf('"', from)
    const end = quote === -1 ? text.length : quote
    if (end - from >= shortestData && isData(text, from, end)) tokens += tokensOfData
    else bytes += end - from
    from = end + 1
  }
  return tokens + Math.ceil(bytes / bytesPerToken)
}

const noData = /[^\w+/=:;,.\\-]/g

/** Base64, or an address with it. A text has a space or a letter beyond ASCII soon. */
function isData(text: string, from: number, end: number): boolean {
  noData.lastIndex = from
  const found = noData.exec(text)
  return found === null || found.index >= end
}

import { type AnswerTranslation, askForCounts } from '../../dialect/index.ts'
import type { Attempt } from '../../policy/index.ts'
import type { Exchange } from '../exchange.ts'

/** A request changed so that the provider tells its counts in the stream, which the caller had not asked for. */
export interface CountedRequest {
  headers: readonly string[]
  body: Buffer
  answer: AnswerTranslation
}

/**
 * Under a spend cap, counts are asked for where OpenAI's API leaves them out of a stream (`stream_options`), and taken out of the
 * answer again. Without a cap the request passes unchanged, and missing counts are estimated.
 * @returns undefined: there is nothing to ask for
 */
export function askForCountsOf(
  { surface, provider, body, req }: Required<Exchange>,
  { caps }: Attempt,
): CountedRequest | undefined {
  if (caps === undefined || caps.length === 0) return undefined
  if (surface.usageOptIn !== 'stream_options' || provider.openai?.streamUsage === 'always') return undefined
  if (!body.isComplete || body.isEmpty) return undefined
  const asking = askForCounts(body.joined)
  return asking && { ...asking, headers: [...withoutEncoding(req.rawHeaders), 'accept-encoding', 'identity'] }
}

/** The added event can be taken out of the answer only when it comes uncompressed. */
function withoutEncoding(rawHeaders: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.toLowerCase() !== 'accept-encoding') kept.push(name, rawHeaders[i + 1] as string)
  }
  return kept
}

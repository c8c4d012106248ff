import { type AnswerTranslation, askForCounts } from '../dialect/index.ts'
import type { Attempt } from '../policy/index.ts'
import type { Exchange } from './exchange.ts'

/** A request that asks for its counts, though its caller did not. */
export interface CountedRequest {
  headers: readonly string[]
  body: Buffer
  answer: AnswerTranslation
}

/**
 * Where a spend cap counts the attempt, a stream has to tell its counts: they are asked for, and taken out of the answer again.
 * Elsewhere a request passes as it is; what a stream does not tell is then estimated. Undefined: nothing to ask for.
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

/** The events can be looked into only when they come uncompressed. */
function withoutEncoding(rawHeaders: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.toLowerCase() !== 'accept-encoding') kept.push(name, rawHeaders[i + 1] as string)
  }
  return kept
}

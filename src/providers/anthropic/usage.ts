import { readOpenaiUsage } from '../openai-like/usage.ts'
import { count, part, told } from '../reading/count.ts'
import { at, isRecord, type Json } from '../reading/is-record.ts'
import type { Counts, OtherUsage, PriceFactor, Usage, UsageReading } from '../usage-reading.ts'

/**
 * Input counts exclude the cache here already. In a stream `message_start` tells the input and `message_delta` the
 * output so far: cumulative, so the last one wins and nothing is added up.
 */
export function readAnthropicUsage(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  // The OpenAI-compatible route answers in OpenAI's words.
  if (usage['prompt_tokens'] !== undefined) return readOpenaiUsage(usage)
  const { same, others } = readIterations(usage['iterations'])
  const all = same.reduce<Counts>(plus, countsOf(usage))
  const terms = termsOf(usage)
  return { ...all, ...(others.length > 0 && { others }), ...(terms.length > 0 && { terms }) }
}

/** Tokens of the priority tier are paid in advance: what they are worth is the usual price. */
function termsOf({ service_tier: tier, speed, inference_geo: place }: Json): string[] {
  return [
    ...(tier === 'batch' ? [tier] : []),
    ...(typeof speed === 'string' && speed !== 'standard' ? [speed] : []),
    ...(typeof place === 'string' && !placesOfUsualPrice.has(place) ? [`in_${place}`] : []),
  ]
}

const placesOfUsualPrice: ReadonlySet<string> = new Set(['global', 'not_available'])

function countsOf(usage: unknown): Counts {
  const details = at(usage, 'output_tokens_details')
  const cacheWrite = count(at(usage, 'cache_creation_input_tokens'))
  return told({
    inputTokens: count(at(usage, 'input_tokens')),
    outputTokens: count(at(usage, 'output_tokens')),
    cacheReadTokens: count(at(usage, 'cache_read_input_tokens')),
    cacheWriteTokens: cacheWrite,
    cacheWriteHourTokens: part(at(usage, 'cache_creation', 'ephemeral_1h_input_tokens'), cacheWrite),
    reasoningTokens: count(at(details, 'thinking_tokens') ?? at(details, 'reasoning_tokens')),
    webSearches: count(at(usage, 'server_tool_use', 'web_search_requests')) || undefined,
  })
}

/**
 * Most iterations are parts of the counts around them. Those of an advisor, which is another model, and those that compact the
 * context are not, and are billed beside them.
 */
function readIterations(iterations: unknown): { same: Counts[]; others: OtherUsage[] } {
  const same: Counts[] = []
  const others: OtherUsage[] = []
  for (const iteration of Array.isArray(iterations) ? iterations : []) {
    const type = at(iteration, 'type')
    const model = at(iteration, 'model')
    if (type === 'compaction') same.push(countsOf(iteration))
    else if (type === 'advisor_message' && typeof model === 'string') others.push({ model, ...countsOf(iteration) })
  }
  return { same, others }
}

function plus(one: Counts, other: Counts): Counts {
  const sum: Counts = { ...one }
  for (const [name, number] of Object.entries(other) as [keyof Counts, number][]) sum[name] = (sum[name] ?? 0) + number
  return sum
}

/** `message_start` tells a first token or so, which is no count of what follows: a stream that tells no more has told no output. */
function readStart(message: unknown): Usage {
  const { outputTokens, ...asked } = readAnthropicUsage(at(message, 'usage'))
  return asked
}

export const anthropicUsage: UsageReading = {
  markers: ['"usage"', '"message"'],
  read: (marker, value) => (marker === '"message"' ? readStart(value) : readAnthropicUsage(value)),
}

/** By Anthropic's pages about prices, fast mode and data residency, read 2026-11. */
export const anthropicPriceFactors: readonly PriceFactor[] = [
  { term: 'batch', factor: 0.5 },
  { term: 'in_us', factor: 1.1 },
  { term: 'fast', model: /^claude-opus-4-8/, factor: 2 },
  { term: 'fast', model: /^claude-opus-4-[67]/, factor: 6 },
]

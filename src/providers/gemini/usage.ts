import { readOpenaiUsage } from '../openai-like/usage.ts'
import { count, part, told } from '../reading/count.ts'
import { at, isRecord, type Json } from '../reading/is-record.ts'
import type { SocketUsage } from '../socket-route.ts'
import type { PriceFactor, Usage, UsageReading } from '../usage-reading.ts'

/**
 * `usageMetadata`: the prompt includes cached tokens, candidates exclude the thoughts, and both are billed. In streams
 * every chunk tells the running value.
 */
export function readGoogleUsage(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  const prompt = count(usage['promptTokenCount'])
  const cached = count(usage['cachedContentTokenCount'])
  const tools = count(usage['toolUsePromptTokenCount'])
  const thoughts = count(usage['thoughtsTokenCount'])
  const candidates = count(usage['candidatesTokenCount'] ?? usage['responseTokenCount'])
  const input =
    prompt === undefined && tools === undefined ? undefined : Math.max(0, (prompt ?? 0) + (tools ?? 0) - (cached ?? 0))
  const counts = told({
    inputTokens: input,
    outputTokens: candidates === undefined && thoughts === undefined ? undefined : (candidates ?? 0) + (thoughts ?? 0),
    cacheReadTokens: cached,
    reasoningTokens: thoughts,
    ...partsOf(usage, { input, cached, candidates }),
  })
  const { trafficType } = usage
  return typeof trafficType === 'string' && trafficType !== 'ON_DEMAND'
    ? { ...counts, terms: [trafficType.toLowerCase()] }
    : counts
}

/** By modality. The prompt's details count what came from the cache too. */
function partsOf(
  usage: Json,
  { input, cached, candidates }: Record<'input' | 'cached' | 'candidates', number | undefined>,
) {
  const answered = usage['candidatesTokensDetails'] ?? usage['responseTokensDetails']
  const cachedAudio = part(ofModality(usage['cacheTokensDetails'], 'AUDIO'), cached)
  return {
    inputAudioTokens: part(ofModality(usage['promptTokensDetails'], 'AUDIO') - (cachedAudio ?? 0), input),
    cacheReadAudioTokens: cachedAudio,
    outputAudioTokens: part(ofModality(answered, 'AUDIO'), candidates),
    outputImageTokens: part(ofModality(answered, 'IMAGE'), candidates),
  }
}

function ofModality(details: unknown, modality: string): number {
  if (!Array.isArray(details)) return 0
  return details.reduce(
    (sum, one) => sum + (at(one, 'modality') === modality ? (count(at(one, 'tokenCount')) ?? 0) : 0),
    0,
  )
}

/** `usage` of the Interactions API: the same counts by other names. */
function readInteraction(usage: Json): Usage {
  return readGoogleUsage({
    promptTokenCount: usage['total_input_tokens'],
    cachedContentTokenCount: usage['total_cached_tokens'],
    toolUsePromptTokenCount: usage['total_tool_use_tokens'],
    thoughtsTokenCount: usage['total_thought_tokens'],
    candidatesTokenCount: usage['total_output_tokens'],
  })
}

/** On the OpenAI-compatible route the completion excludes the thoughts; only the total includes them. */
function readCompatible(usage: unknown): Usage {
  if (isRecord(usage) && usage['total_input_tokens'] !== undefined) return readInteraction(usage)
  const read = readOpenaiUsage(usage)
  const total = isRecord(usage) ? count(usage['total_tokens']) : undefined
  const prompt = isRecord(usage) ? count(usage['prompt_tokens']) : undefined
  if (total === undefined || prompt === undefined || read.outputTokens === undefined) return read
  return { ...read, outputTokens: Math.max(read.outputTokens, total - prompt) }
}

export const googleUsage: UsageReading = {
  terms: { header: 'x-gemini-service-tier', usual: new Set(['standard']) },
  markers: ['"usageMetadata"', '"usage"'],
  read: (marker, value) => (marker === '"usageMetadata"' ? readGoogleUsage(value) : readCompatible(value)),
}

/** The Live API: a message that ends a response tells its counts. */
export const googleSocketUsage: SocketUsage = {
  markers: ['"usageMetadata"'],
  counts: 'each',
  read: (message) => readGoogleUsage(at(message, 'usageMetadata')),
}

/** By Google's prices for its tiers, read 2026-11: half for what may wait, 1.8 times for what may not (of the 2.5 models). */
export const googlePriceFactors: readonly PriceFactor[] = [
  ...['flex', 'on_demand_flex', 'batch'].map((term) => ({ term, factor: 0.5 })),
  ...['priority', 'on_demand_priority'].map((term) => ({ term, model: /^gemini-2\.5/, factor: 1.8 })),
]

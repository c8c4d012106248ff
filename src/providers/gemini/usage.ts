import { readOpenaiUsage } from '../openai-like/usage.ts'
import { count, told } from '../reading/count.ts'
import { at, isRecord, type Json } from '../reading/is-record.ts'
import type { SocketUsage } from '../socket-route.ts'
import type { Usage, UsageReading } from '../usage-reading.ts'

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
  return told({
    inputTokens:
      prompt === undefined && tools === undefined
        ? undefined
        : Math.max(0, (prompt ?? 0) + (tools ?? 0) - (cached ?? 0)),
    outputTokens: candidates === undefined && thoughts === undefined ? undefined : (candidates ?? 0) + (thoughts ?? 0),
    cacheReadTokens: cached,
    reasoningTokens: thoughts,
  })
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
  markers: ['"usageMetadata"', '"usage"'],
  read: (marker, value) => (marker === '"usageMetadata"' ? readGoogleUsage(value) : readCompatible(value)),
}

/** The Live API: a message that ends a response tells its counts. */
export const googleSocketUsage: SocketUsage = {
  markers: ['"usageMetadata"'],
  counts: 'each',
  read: (message) => readGoogleUsage(at(message, 'usageMetadata')),
}

import { count, seconds, told } from '../reading/count.ts'
import { at, isRecord } from '../reading/is-record.ts'
import type { Usage, UsageReading } from '../usage-reading.ts'

/**
 * `usage` of Chat Completions, Responses, Embeddings and Transcriptions, and of the vendors that follow them. The
 * prompt's tokens include cached ones there; ours do not.
 */
export function readOpenaiUsage(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  if (usage['type'] === 'duration') return told({ audioSeconds: seconds(usage['seconds']) })
  const prompt = count(usage['prompt_tokens'] ?? usage['input_tokens'])
  // Realtime writes them in the singular.
  const inputDetails = usage['prompt_tokens_details'] ?? usage['input_tokens_details'] ?? usage['input_token_details']
  const cacheRead = count(at(inputDetails, 'cached_tokens') ?? usage['prompt_cache_hit_tokens'])
  const cacheWrite = count(at(inputDetails, 'cache_write_tokens') ?? at(inputDetails, 'cache_creation_tokens'))
  const reasoning = count(
    at(usage['completion_tokens_details'] ?? usage['output_tokens_details'], 'reasoning_tokens') ??
      usage['reasoning_tokens'],
  )
  return told({
    inputTokens: prompt === undefined ? undefined : Math.max(0, prompt - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    outputTokens: output(usage, prompt, reasoning),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    reasoningTokens: reasoning,
    // Mistral's Voxtral is billed by them.
    audioSeconds: seconds(usage['prompt_audio_seconds']),
  })
}

/** Some vendors do not include reasoning in the completion's tokens; then it is in the total only. */
function output(
  usage: Record<string, unknown>,
  prompt: number | undefined,
  reasoning: number | undefined,
): number | undefined {
  const completion = count(usage['completion_tokens'] ?? usage['output_tokens'])
  const total = count(usage['total_tokens'])
  if (completion === undefined || prompt === undefined || total === undefined || !reasoning) return completion
  return total === prompt + completion + reasoning ? completion + reasoning : completion
}

export const openaiUsage: UsageReading = {
  markers: ['"usage"'],
  read: (_marker, value) => readOpenaiUsage(value),
}

/** Transcriptions of whisper models tell only the audio's `duration`, in their verbose form. */
export const transcriptionUsage: UsageReading = {
  markers: ['"usage"', '"duration"'],
  read: (marker, value) => (marker === '"duration"' ? told({ audioSeconds: seconds(value) }) : readOpenaiUsage(value)),
}

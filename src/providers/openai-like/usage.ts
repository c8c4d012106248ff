import { count, part, seconds, told } from '../reading/count.ts'
import { at, isRecord, type Json } from '../reading/is-record.ts'
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
  const asked = usage['prompt_tokens_details'] ?? usage['input_tokens_details'] ?? usage['input_token_details']
  const answered = usage['completion_tokens_details'] ?? usage['output_tokens_details'] ?? usage['output_token_details']
  const cacheRead = count(
    at(asked, 'cached_tokens') ?? at(asked, 'cache_read_input_tokens') ?? usage['prompt_cache_hit_tokens'],
  )
  const cacheWrite = count(at(asked, 'cache_write_tokens') ?? at(asked, 'cache_creation_tokens'))
  const reasoning = count(at(answered, 'reasoning_tokens') ?? usage['reasoning_tokens'])
  const input = prompt === undefined ? undefined : Math.max(0, prompt - (cacheRead ?? 0) - (cacheWrite ?? 0))
  const outputTokens = output(usage, prompt, reasoning)
  return told({
    inputTokens: input,
    outputTokens,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    reasoningTokens: reasoning,
    ...(isRecord(asked) && askedParts(asked, input, cacheRead)),
    outputAudioTokens: part(at(answered, 'audio_tokens'), outputTokens),
    outputImageTokens: part(at(answered, 'image_tokens'), outputTokens),
    // Mistral's Voxtral is billed by them.
    audioSeconds: seconds(usage['prompt_audio_seconds']),
  })
}

/** What of the prompt was no text. The details count what came from the cache too, and do not always say how much of it that is. */
function askedParts(details: Json, input: number | undefined, cacheRead: number | undefined) {
  const cached = details['cached_tokens_details']
  const cachedAudio = part(at(cached, 'audio_tokens'), cacheRead)
  const cachedImages = part(at(cached, 'image_tokens'), cacheRead)
  return {
    inputAudioTokens: part((count(details['audio_tokens']) ?? 0) - (cachedAudio ?? 0), input),
    inputImageTokens: part((count(details['image_tokens']) ?? 0) - (cachedImages ?? 0), input),
    cacheReadAudioTokens: cachedAudio,
    cacheReadImageTokens: cachedImages,
  }
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

/** Where answers name the service tier that served them; tiers may have prices of their own. */
export const tieredUsage: UsageReading = {
  ...openaiUsage,
  terms: { marker: '"service_tier"', usual: new Set(['default', 'auto']) },
}

/** Transcriptions of whisper models tell only the audio's `duration`, in their verbose form. */
export const transcriptionUsage: UsageReading = {
  markers: ['"usage"', '"duration"'],
  read: (marker, value) => (marker === '"duration"' ? told({ audioSeconds: seconds(value) }) : readOpenaiUsage(value)),
}

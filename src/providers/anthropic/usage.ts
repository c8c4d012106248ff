import { readOpenaiUsage } from '../openai-like/usage.ts'
import { count, told } from '../reading/count.ts'
import { at, isRecord } from '../reading/is-record.ts'
import type { Usage, UsageReading } from '../usage-reading.ts'

/**
 * Input counts exclude the cache here already. In a stream `message_start` tells the input and `message_delta` the
 * output so far: cumulative, so the last one wins and nothing is added up.
 */
function read(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  // The OpenAI-compatible route answers in OpenAI's words.
  if (usage['prompt_tokens'] !== undefined) return readOpenaiUsage(usage)
  return told({
    inputTokens: count(usage['input_tokens']),
    outputTokens: count(usage['output_tokens']),
    cacheReadTokens: count(usage['cache_read_input_tokens']),
    cacheWriteTokens: count(usage['cache_creation_input_tokens']),
    reasoningTokens: count(
      at(usage['output_tokens_details'], 'thinking_tokens') ?? at(usage['output_tokens_details'], 'reasoning_tokens'),
    ),
  })
}

export const anthropicUsage: UsageReading = { markers: ['"usage"'], read: (_marker, value) => read(value) }

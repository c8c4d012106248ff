import type { Usage } from '../../providers/index.ts'
import type { Json } from '../json.ts'
import { jsonAnswer, type WholeAnswer } from '../translation.ts'

/** What a provider's answer says, in no provider's words. */
export interface Completion {
  id: string
  model: string
  created: number
  choices: readonly Choice[]
  usage: Usage
}

/** One of the answers; more than one only where `n` asked for it. */
export interface Choice {
  text: string
  reasoning: string
  /** Anthropic's blocks, to be sent back unchanged with tool results. */
  thinking: readonly unknown[]
  calls: readonly CompletionCall[]
  /** Pictures that belong to the answer; absent: none. */
  images?: readonly CompletionImage[]
  refusal: string | undefined
  finish: Finish
  /** OpenAI's `logprobs`, where they were asked for. */
  logprobs?: Json | undefined
}

export interface CompletionCall {
  id: string
  name: string
  /** JSON. */
  arguments: string
  signature?: string | undefined
}

/** A picture, in base64. */
export interface CompletionImage {
  mimeType: string
  data: string
  signature?: string | undefined
}

export type Finish = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** `chat.completion`, whole. */
export function completionAnswer(completion: Completion): WholeAnswer {
  const { id, model, created, choices, usage } = completion
  return jsonAnswer({
    id,
    object: 'chat.completion',
    created,
    model,
    choices: choices.map(choiceField),
    usage: usageField(usage),
  })
}

function choiceField(
  { text, reasoning, thinking, calls, images = [], refusal, finish, logprobs }: Choice,
  index: number,
): Json {
  const message = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== undefined) ? null : text,
    refusal: refusal ?? null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(thinking.length === 0 ? {} : { thinking_blocks: thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(toolCall) }),
    ...(images.length === 0 ? {} : { images: images.map(imageField) }),
  }
  return { index, message, logprobs: logprobs ?? null, finish_reason: finish }
}

export function toolCall({ id, name, arguments: text, signature }: CompletionCall): Json {
  return {
    id,
    type: 'function',
    function: { name, arguments: text },
    ...signed(signature),
  }
}

/** OpenAI has no place for pictures in this route's answers; other gateways' clients look for them here. Python's adds up by index. */
export function imageField({ mimeType, data, signature }: CompletionImage, index: number): Json {
  return { type: 'image_url', index, image_url: { url: `data:${mimeType};base64,${data}` }, ...signed(signature) }
}

const signed = (signature: string | undefined): Json =>
  signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }

/** The counts of the books as OpenAI counts: the prompt includes what was read from and written to the cache. */
export function usageField(usage: Usage): Json {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens, reasoningTokens } = usage
  const prompt = inputTokens + cacheReadTokens + (cacheWriteTokens ?? 0)
  return {
    prompt_tokens: prompt,
    completion_tokens: outputTokens,
    total_tokens: prompt + outputTokens,
    prompt_tokens_details: {
      cached_tokens: cacheReadTokens,
      ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
    },
    ...(reasoningTokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  }
}

/** Requests of every kind as they go over the wire, and what providers answer and count: drawn at random. */
import type { Counts, Parts, Wish } from './every-kind-oracle.ts'
import type { FeatureId, ProviderId } from './every-kind-plans.ts'
import type { Random } from './random.ts'
import { type Answer, bytes, json, sse } from './upstream.ts'

export interface Exchange {
  wish: Wish
  path: string
  body: object | string
  contentType?: string
  answer: Answer
  /** Absent: it tells none. */
  counts?: Counts
  parts?: Parts
  /** What the caller is told in OpenAI's words, where the provider spoke its own. */
  told?: { prompt: number; completion: number }
}

export interface Drawing {
  random: Random
  wishOf(provider: ProviderId, feature: FeatureId, model: string | null): Wish
}

interface ChatCounts {
  input: number
  output: number
  cached: number
  reasoning: number
  isStream: boolean
}

/** A chat in the one dialect with one of three providers, whole or as a stream. */
export function drawChat({ random, wishOf }: Drawing): Exchange {
  const { whole, pick, next } = random
  const isStream = next() < 0.5
  const [input, output] = [whole(1, 2_000_000), whole(1, 90_000)]
  const cached = pick([0, 1, whole(0, 50_000)])
  const reasoning = Math.min(output, pick([0, 1, whole(0, 500)]))
  const { provider, model, draw } = pick(chats)
  const told = draw({ input, output, cached, reasoning, isStream }, random)
  return {
    wish: wishOf(provider, 'assistant', model),
    path: '/v1/chat/completions',
    body: {
      model: `${provider}/${model}`,
      messages: [{ role: 'user', content: 'x' }],
      ...(isStream && { stream: true, stream_options: { include_usage: true } }),
    },
    ...told,
    told: { prompt: told.prompt, completion: output },
  }
}

type Chat = Pick<Exchange, 'answer' | 'counts' | 'parts'> & { prompt: number }

const chats: readonly {
  provider: ProviderId
  model: string
  draw(counts: ChatCounts, random: Random): Chat
}[] = [
  { provider: 'anthropic', model: 'm-claude', draw: drawClaude },
  { provider: 'gemini', model: 'm-gem', draw: drawGemini },
  { provider: 'openai', model: 'm-chat', draw: drawOpenai },
]

function drawClaude({ input, output, cached, isStream }: ChatCounts, { pick, whole }: Random): Chat {
  const [minutes, hour] = [pick([0, 1, whole(0, 9_000)]), pick([0, 1, whole(0, 400)])]
  const written = minutes + hour
  const usage = {
    ...{ input_tokens: input, cache_read_input_tokens: cached, cache_creation_input_tokens: written },
    cache_creation: { ephemeral_5m_input_tokens: minutes, ephemeral_1h_input_tokens: hour },
    output_tokens: output,
  }
  const message = { id: 'msg', type: 'message', role: 'assistant', model: 'm-claude' }
  const events = [
    { type: 'message_start', message: { ...message, content: [], usage: { ...usage, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hello' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: output } },
    { type: 'message_stop' },
  ].map((data) => ({ event: data.type, data }))
  const content = [{ type: 'text', text: 'hello' }]
  return {
    answer: isStream ? sse(events, { pieceBytes: 11 }) : json({ ...message, content, stop_reason: 'end_turn', usage }),
    counts: { inputTokens: input, cacheReadTokens: cached, cacheWriteTokens: written, outputTokens: output },
    parts: { cacheWriteHour: hour },
    prompt: input + cached + written,
  }
}

function drawGemini({ input, output, cached, reasoning, isStream }: ChatCounts, { pick, whole }: Random): Chat {
  const sound = Math.min(input, pick([0, 1, whole(0, 3_000)]))
  const usageMetadata = {
    ...{ promptTokenCount: input + cached, cachedContentTokenCount: cached },
    ...{ candidatesTokenCount: output - reasoning, thoughtsTokenCount: reasoning },
    totalTokenCount: input + cached + output,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: input + cached - sound },
      { modality: 'AUDIO', tokenCount: sound },
    ],
  }
  const piece = { content: { role: 'model', parts: [{ text: 'o' }] }, index: 0 }
  const last = { candidates: [{ ...piece, finishReason: 'STOP' }], usageMetadata }
  return {
    answer: isStream ? sse([{ data: { candidates: [piece] } }, { data: last }], { pieceBytes: 13 }) : json(last),
    counts: { inputTokens: input, cacheReadTokens: cached, outputTokens: output, reasoningTokens: reasoning },
    parts: { inputAudio: sound },
    prompt: input + cached,
  }
}

function drawOpenai({ input, output, cached, reasoning, isStream }: ChatCounts): Chat {
  const usage = {
    ...{ prompt_tokens: input + cached, completion_tokens: output, total_tokens: input + cached + output },
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
  const base = { id: 'c', object: 'chat.completion', model: 'm-chat' }
  const piece = { ...base, choices: [{ index: 0, delta: { content: 'x' } }] }
  const whole = { index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }
  return {
    answer: isStream
      ? sse([{ data: piece }, { data: { ...base, choices: [], usage } }, '[DONE]'], { pieceBytes: 9 })
      : json({ ...base, choices: [whole], usage }),
    counts: { inputTokens: input, cacheReadTokens: cached, outputTokens: output, reasoningTokens: reasoning },
    prompt: input + cached,
  }
}

const letters = ['a', 'ä', '🙂', 'न', ' ', '"', '\\n']
export function textOf({ whole, pick }: Random): string {
  return `x${Array.from({ length: whole(0, 40) }, () => pick(letters)).join('')}`
}

export function drawSpeech({ random, wishOf }: Drawing): Exchange {
  const text = textOf(random)
  const spoken = [...text].length
  const isDialect = random.next() < 0.5
  if (random.next() < 0.5) {
    // Credits: some models take less than one for a character, none is booked for less than its text.
    const told = random.pick([undefined, Math.ceil(spoken / 2), spoken, spoken * 3])
    const headers = { 'content-type': 'audio/mpeg', ...(told !== undefined && { 'character-cost': String(told) }) }
    return {
      wish: wishOf('elevenlabs', 'speaking', 'm-voice'),
      path: isDialect ? '/v1/audio/speech' : '/elevenlabs/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM',
      body: isDialect ? { model: 'elevenlabs/m-voice', input: text, voice: 'alloy' } : { model_id: 'm-voice', text },
      answer: bytes(Buffer.alloc(300, 7), { headers }),
      counts: { characters: Math.max(told ?? 0, spoken) },
    }
  }
  return {
    wish: wishOf('sarvam', 'speaking', 'm-bulbul'),
    path: isDialect ? '/v1/audio/speech' : '/sarvam/text-to-speech',
    body: isDialect
      ? { model: 'sarvam/m-bulbul', input: text, voice: 'alloy' }
      : { model: 'm-bulbul', text, target_language_code: 'hi-IN' },
    answer: json({ request_id: 'r', audios: [Buffer.alloc(90, 7).toString('base64')] }),
    counts: { characters: spoken },
  }
}

export function drawHearing({ random, wishOf }: Drawing): Exchange {
  const isDialect = random.next() < 0.5
  const seconds = random.whole(0, 400_000) / 1000
  const field = (name: string, value: string) =>
    `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const file = `--b\r\ncontent-disposition: form-data; name="file"; filename="a.mp3"\r\ncontent-type: audio/mpeg\r\n\r\nsound\r\n`
  const model = isDialect ? field('model', 'elevenlabs/m-scribe') : field('model_id', 'm-scribe')
  return {
    wish: wishOf('elevenlabs', 'listening', 'm-scribe'),
    path: isDialect ? '/v1/audio/transcriptions' : '/elevenlabs/v1/speech-to-text',
    contentType: 'multipart/form-data; boundary=b',
    body: `${model}${file}--b--\r\n`,
    answer: json({ language_code: 'en', text: 'hello', words: [], audio_duration_secs: seconds }),
    counts: { audioSeconds: seconds },
  }
}

export const add = (one: Counts, other: Counts): Counts => {
  const sum: Record<string, number> = { ...(one as Record<string, number>) }
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

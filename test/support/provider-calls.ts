import { canaryPrompts } from './canary.ts'
import type { FiveProvider } from './journey.ts'
import type { RawRequest } from './raw-call.ts'

/** One ordinary call of each provider's native API, as its SDK puts it on the wire; the token comes where its key would. */
export const nativeCalls: Readonly<
  Record<FiveProvider, (token: string, model?: string) => RawRequest & { path: string }>
> = {
  openai: (token, model = 'gpt-4o') => ({
    method: 'POST',
    path: '/openai/v1/chat/completions',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: canaryPrompts[0] }] }),
  }),
  anthropic: (token, model = 'claude-haiku-4-5') => ({
    method: 'POST',
    path: '/anthropic/v1/messages',
    headers: { 'x-api-key': token, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: canaryPrompts[0] }] }),
  }),
  gemini: (token, model = 'gemini-2.5-flash') => ({
    method: 'POST',
    path: `/gemini/v1beta/models/${model}:generateContent`,
    headers: { 'x-goog-api-key': token, 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ parts: [{ text: canaryPrompts[1] }] }] }),
  }),
  elevenlabs: (token, model = 'eleven_flash_v2_5') => ({
    method: 'POST',
    path: '/elevenlabs/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb',
    headers: { 'xi-api-key': token, 'content-type': 'application/json' },
    body: JSON.stringify({ text: canaryPrompts[0], model_id: model }),
  }),
  sarvam: (token, model = 'sarvam-105b') => ({
    method: 'POST',
    path: '/sarvam/v1/chat/completions',
    headers: { 'api-subscription-key': token, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: canaryPrompts[0] }] }),
  }),
}

/** Header and value in which each provider gets its key on the routes above. */
export const credentialOf: Readonly<Record<FiveProvider, (key: string) => [header: string, value: string]>> = {
  openai: (key) => ['authorization', `Bearer ${key}`],
  anthropic: (key) => ['x-api-key', key],
  gemini: (key) => ['x-goog-api-key', key],
  elevenlabs: (key) => ['xi-api-key', key],
  sarvam: (key) => ['api-subscription-key', key],
}

const chat = (path: string, model: string) => (token: string) => ({
  method: 'POST',
  path,
  headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ model, messages: [{ role: 'user', content: canaryPrompts[0] }] }),
})

/** The same for the other rows of the catalogue. */
export const vendorNativeCalls: Readonly<Record<string, (token: string) => RawRequest & { path: string }>> = {
  mistral: chat('/mistral/v1/chat/completions', 'mistral-small-latest'),
  groq: chat('/groq/openai/v1/chat/completions', 'llama-3.3-70b-versatile'),
  deepseek: chat('/deepseek/chat/completions', 'deepseek-flash'),
  xai: chat('/xai/v1/chat/completions', 'grok-4.7'),
  together: chat('/together/v1/chat/completions', 'openai/gpt-oss-20b'),
  fireworks: chat('/fireworks/inference/v1/chat/completions', 'accounts/fireworks/models/gpt-oss-120b'),
  openrouter: chat('/openrouter/api/v1/chat/completions', 'openai/gpt-5.4-mini'),
  perplexity: chat('/perplexity/chat/completions', 'sonar'),
  cerebras: chat('/cerebras/v1/chat/completions', 'gpt-oss-120b'),
  cohere: chat('/cohere/v2/chat', 'command-a-03-2025'),
  deepgram: (token) => ({
    method: 'POST',
    path: '/deepgram/v1/listen?model=nova-3',
    headers: { authorization: `Token ${token}`, 'content-type': 'audio/wav' },
    body: 'a recording',
  }),
  assemblyai: (token) => ({
    method: 'POST',
    path: '/assemblyai/v2/transcript',
    headers: { authorization: token, 'content-type': 'application/json' },
    body: JSON.stringify({ audio_url: 'https://example.com/a.wav' }),
  }),
  'azure-openai': (token) => ({
    ...chat('/azure-openai/openai/deployments/mine/chat/completions?api-version=2025-04-01-preview', 'mine')(token),
    headers: { 'api-key': token, 'content-type': 'application/json' },
  }),
  vertex: (token) => ({
    method: 'POST',
    path: '/vertex/v1/publishers/google/models/gemini-2.5-flash:generateContent',
    headers: { 'x-goog-api-key': token, 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ parts: [{ text: canaryPrompts[1] }] }] }),
  }),
  bedrock: chat('/bedrock/model/amazon.nova-micro-v1%3A0/converse-stream', 'amazon.nova-micro-v1:0'),
}

const hex = (length: number) => '0a1b2c3d4e5f6789'.repeat(8).slice(0, length)

/** A key for each of them that looks as its vendor's do. */
export const vendorKeys: Readonly<Record<string, string>> = {
  mistral: hex(32),
  groq: `gsk_${hex(52)}`,
  deepseek: `sk-${hex(32)}`,
  xai: `xai-${hex(80)}`,
  together: `tgp_v1_${hex(40)}`,
  fireworks: `fw_${hex(24)}`,
  openrouter: `sk-or-v1-${hex(64)}`,
  perplexity: `pplx-${hex(48)}`,
  cerebras: `csk-${hex(48)}`,
  cohere: hex(40),
  deepgram: hex(40),
  assemblyai: hex(32),
  'azure-openai': hex(32),
  vertex: `AQ.${hex(40)}`,
  bedrock: `ABSK${hex(120)}`,
}

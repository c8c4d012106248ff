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

import type { Failure } from '../failure.ts'
import type { Probe, Provider } from '../provider.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { blockedPrompt, readBlockedPrompt } from './blocked-prompt.ts'
import { googleRules } from './google-rules.ts'
import { geminiSurfaces, live } from './surfaces.ts'
import { googlePriceFactors, googleSocketUsage, googleUsage } from './usage.ts'

const reading = failureReader({ rules: googleRules, readRefusal: readBlockedPrompt })
const compatible = /^\/v1(?:alpha|beta)?\/openai\//

/** Google knows the key and refuses something else (the API, the address, the region). A refusal by a proxy before Google has no code. */
const knowsKey = (failure: Failure): boolean =>
  failure.class === 'permission_denied' && failure.cause !== 'account_disabled' && failure.code !== undefined

const chat: Probe = {
  method: 'POST',
  path: '/v1beta/models/{model}:generateContent',
  body: { contents: [{ role: 'user', parts: [{ text: 'ok' }] }], generationConfig: { maxOutputTokens: 1 } },
}

export const gemini: Provider = {
  id: 'gemini',
  name: 'Google Gemini',
  priceCatalogue: 'google',
  offeredByDefault: true,
  aliases: ['google', 'google-gemini', 'google-ai-studio'],
  dialect: 'google',
  origin: 'https://generativelanguage.googleapis.com',
  keyPage: 'https://aistudio.google.com/apikey',
  keyNeeds: {
    gemini_studio_key:
      'A key made in Google AI Studio: new ones begin with AQ., older ones with AIza. Both are accepted.',
    gemini_api_allowed:
      'The key must be allowed to use the Generative Language API; restrictions to websites or to your own addresses stop it.',
    gemini_new_key: 'Google rejects older standard keys step by step: make a new key if an AIza key stops working.',
  },
  keyShapes: [
    { pattern: /^AQ\.[A-Za-z0-9_-]{20,200}$/, prefix: 'AQ.', distinctive: true },
    { pattern: /^AIza[A-Za-z0-9_-]{35}$/, prefix: 'AIza', distinctive: true },
  ],
  maskGap: '••••',
  credential: (path) =>
    compatible.test(path) ? { header: 'authorization', prefix: 'Bearer ' } : { header: 'x-goog-api-key', prefix: '' },
  dropRequestHeaders: ['x-goog-user-project'],
  // An upload goes on at the address that the first answer names.
  answerHeaders: ['x-goog-upload-*', 'server-timing'],
  answerAddresses: ['x-goog-upload-url', 'x-goog-upload-control-url'],
  surfaces: geminiSurfaces,
  capabilities: ['chat', 'vision', 'embeddings', 'speech_to_text', 'images', 'realtime'],
  models: [
    {
      id: 'gemini-2.5-flash',
      hint: 'fast_and_good',
      recommended: true,
      capabilities: ['chat', 'vision', 'speech_to_text'],
    },
    {
      id: 'gemini-2.5-pro',
      hint: 'strongest_for_complex_tasks',
      capabilities: ['chat', 'vision', 'speech_to_text'],
    },
    {
      id: 'gemini-2.5-flash-lite',
      hint: 'cheapest_for_simple_tasks',
      capabilities: ['chat', 'vision'],
    },
    { id: 'gemini-3.8-flash', hint: 'newest_fast_model', capabilities: ['chat', 'vision'] },
    { id: 'gemini-3.1-flash-lite', hint: 'newer_and_inexpensive', capabilities: ['chat', 'vision'] },
    { id: 'gemini-4-argon', hint: 'newest_large_model', capabilities: ['chat', 'vision'] },
    { id: 'gemini-embedding-001', hint: 'embeddings_of_text', recommended: true, capabilities: ['embeddings'] },
  ],
  defaultModels: {
    chat: 'gemini-2.5-flash',
    vision: 'gemini-2.5-flash',
    embeddings: 'gemini-embedding-001',
    // A chat model that hears.
    speech_to_text: 'gemini-2.5-flash',
  },
  probes: {
    authenticate: { method: 'GET', path: '/v1beta/models?pageSize=1', provesKey: knowsKey },
    can: {
      chat,
      vision: chat,
      embeddings: {
        method: 'POST',
        path: '/v1beta/models/{model}:embedContent',
        body: { content: { parts: [{ text: 'ok' }] } },
      },
    },
  },
  readFailure: reading.readFailure,
  refusal: blockedPrompt,
  readStreamOpening: reading.readStreamOpening,
  readClose: reading.readClose,
  usage: googleUsage,
  priceFactors: googlePriceFactors,
  openai: { base: '/v1beta/openai', routes: ['chat/completions', 'embeddings', 'models'] },
  translations: {
    'chat/completions': 'google_generate',
    embeddings: 'google_embeddings',
    'audio/transcriptions': 'google_transcription',
  },
  realtime: [
    {
      path: live,
      upstream: { in: 'query', name: 'key' },
      accepts: [
        { in: 'query', name: 'key' },
        { in: 'query', name: 'access_token' },
        { in: 'header', name: 'x-goog-api-key' },
      ],
      firstModel: ['setup', 'model'],
      usage: googleSocketUsage,
    },
  ],
  notes: [
    'A list of models succeeds although generating does not: prepaid credit and restrictions show only when generating.',
    '`RetryInfo` beside a quota per day means nothing and is not handed on; such quotas reset at midnight Pacific time.',
    'A resumable upload goes on through Ownkey: `x-goog-upload-url` is told as the address behind it, with a pass for this address alone, because Google’s Python SDK sends no key there.',
    'A blocked prompt has status 200 and no candidates. It passes as it came, with `Ownkey-Error: content_refused`, and costs no credits.',
    '"User location is not supported" depends on the address of the Ownkey server, not on the key.',
  ],
}

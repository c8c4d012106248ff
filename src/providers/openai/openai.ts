import { chatProbe, openaiLike } from '../openai-like/openai-like.ts'
import { openaiSocketUsage } from '../openai-like/socket-usage.ts'
import type { Failure, Provider } from '../provider.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { openaiRules } from './rules.ts'

const missesScope = (failure: Failure): boolean =>
  failure.class === 'permission_denied' && failure.cause === 'missing_scope'

const regions = Object.fromEntries(
  ['us', 'eu', 'ae', 'au', 'in', 'jp'].map((name) => [name, `https://${name}.api.openai.com`]),
)

const row = openaiLike({
  id: 'openai',
  name: 'OpenAI',
  priceCatalogue: 'openai',
  origin: 'https://api.openai.com',
  regions,
  base: '/v1',
  surfaces: [
    'chat',
    'responses',
    'embeddings',
    'transcriptions',
    'audioTranslations',
    'speech',
    'images',
    'realtime',
    'moderations',
    'models',
    'files',
    'batches',
    'storedChat',
    'completions',
  ],
  keyPage: 'https://platform.openai.com/api-keys',
  keyNeeds: [
    'A project key. If you restrict it, allow "Model capabilities" (write) and "Models" (read).',
    'The project needs credit: a ChatGPT subscription does not pay for the API.',
    'Admin keys (sk-admin-…) cannot be used.',
  ],
  keyShapes: [
    { pattern: /^sk-(?:proj|svcacct|service)-[A-Za-z0-9_-]{20,200}$/, prefix: 'sk-', distinctive: true },
    { pattern: /^sk-[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}$/, prefix: 'sk-', distinctive: true },
    { pattern: /^sk-[A-Za-z0-9]{40,64}$/, prefix: 'sk-', distinctive: false },
  ],
  models: [
    {
      id: 'gpt-5.4-mini',
      hint: 'Fast and inexpensive, for most tasks',
      recommended: true,
      capabilities: ['chat', 'vision'],
    },
    { id: 'gpt-5.4', hint: 'Strongest of this generation, for difficult tasks', capabilities: ['chat', 'vision'] },
    { id: 'gpt-5.4-nano', hint: 'Smallest and cheapest', capabilities: ['chat', 'vision'] },
    { id: 'gpt-4.1-mini', hint: 'Earlier generation, answers without reasoning', capabilities: ['chat', 'vision'] },
    { id: 'gpt-4o-mini', hint: 'Earlier generation, inexpensive', capabilities: ['chat', 'vision'] },
    { id: 'gpt-4o', hint: 'Earlier generation', capabilities: ['chat', 'vision'] },
    { id: 'text-embedding-3-small', hint: 'Inexpensive embeddings', recommended: true, capabilities: ['embeddings'] },
    { id: 'text-embedding-3-large', hint: 'More exact embeddings', capabilities: ['embeddings'] },
    { id: 'gpt-4o-mini-transcribe', hint: 'Fast transcription', capabilities: ['speech_to_text'] },
    { id: 'gpt-4o-transcribe', hint: 'More exact transcription', recommended: true, capabilities: ['speech_to_text'] },
    { id: 'whisper-1', hint: 'Time stamps, and translation into English', capabilities: ['speech_to_text'] },
    {
      id: 'gpt-4o-mini-tts',
      hint: 'Speech whose tone can be instructed',
      recommended: true,
      capabilities: ['text_to_speech'],
    },
    { id: 'tts-1', hint: 'Fast speech', capabilities: ['text_to_speech'] },
    { id: 'tts-1-hd', hint: 'Speech in higher quality', capabilities: ['text_to_speech'] },
    { id: 'gpt-image-2', hint: 'Images', recommended: true, capabilities: ['images'] },
  ],
  defaultModels: {
    chat: 'gpt-5.4-mini',
    vision: 'gpt-5.4-mini',
    embeddings: 'text-embedding-3-small',
    speech_to_text: 'gpt-4o-transcribe',
    text_to_speech: 'gpt-4o-mini-tts',
    images: 'gpt-image-2',
  },
  authenticate: { method: 'GET', path: '/v1/models', provesKey: missesScope },
  rules: openaiRules,
})

// Reasoning models refuse `max_tokens` and limits below 16; older ones accept both fields.
const chat = chatProbe('/v1/chat/completions', { max_completion_tokens: 16 })

export const openai: Provider = {
  ...row,
  offeredByDefault: true,
  answerHeaders: ['openai-processing-ms', 'openai-version'],
  probes: {
    authenticate: row.probes.authenticate,
    can: {
      ...row.probes.can,
      chat,
      vision: chat,
      text_to_speech: {
        method: 'POST',
        path: '/v1/audio/speech',
        body: { model: '{model}', voice: 'alloy', input: 'ok' },
      },
    },
  },
  readClose: failureReader({ rules: openaiRules }).readClose,
  realtime: [
    {
      path: /^\/v1\/realtime$/,
      upstream: { in: 'header', name: 'authorization', prefix: 'Bearer ' },
      accepts: [
        { in: 'header', name: 'authorization', prefix: 'Bearer ' },
        { in: 'subprotocol', prefix: 'openai-insecure-api-key.', before: ['realtime'] },
      ],
      usage: openaiSocketUsage,
    },
  ],
  notes: [
    'A project with data residency answers only on its region’s host; those hosts cost 10 % more for models since 2026-03-05.',
    'A restricted key without a scope answers 401; Ownkey reads it as `permission_denied` and names the scope.',
  ],
}

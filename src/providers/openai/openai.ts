import type { Failure } from '../failure.ts'
import { chatProbe, openaiLike, openaiQuirks } from '../openai-like/openai-like.ts'
import { openaiSocketUsage } from '../openai-like/socket-usage.ts'
import { tieredUsage } from '../openai-like/usage.ts'
import type { Provider } from '../provider.ts'
import { failureReader } from '../reading/failure-reader.ts'
import type { SocketRoute } from '../socket-route.ts'
import { openaiPriceFactors } from './price-factors.ts'
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
    'responsesSocket',
    'decisions',
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
  keyNeeds: {
    openai_project_key: 'A project key. If you restrict it, allow "Model capabilities" (write) and "Models" (read).',
    openai_credit: 'The project needs credit: a ChatGPT subscription does not pay for the API.',
    openai_no_admin_key: 'Admin keys (sk-admin-…) cannot be used.',
  },
  keyShapes: [
    { pattern: /^sk-(?:proj|svcacct|service)-[A-Za-z0-9_-]{20,200}$/, prefix: 'sk-', distinctive: true },
    { pattern: /^sk-[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}$/, prefix: 'sk-', distinctive: true },
    { pattern: /^sk-[A-Za-z0-9]{40,64}$/, prefix: 'sk-', distinctive: false },
  ],
  models: [
    {
      id: 'gpt-5.4-mini',
      hint: 'fast_for_most_tasks',
      recommended: true,
      capabilities: ['chat', 'vision'],
    },
    { id: 'gpt-5.4', hint: 'strongest_for_difficult_tasks', capabilities: ['chat', 'vision'] },
    { id: 'gpt-5.4-nano', hint: 'smallest_and_cheapest', capabilities: ['chat', 'vision'] },
    { id: 'gpt-4.1-mini', hint: 'earlier_without_reasoning', capabilities: ['chat', 'vision'] },
    { id: 'gpt-4o-mini', hint: 'earlier_inexpensive', capabilities: ['chat', 'vision'] },
    { id: 'gpt-4o', hint: 'earlier_generation', capabilities: ['chat', 'vision'] },
    { id: 'text-embedding-3-small', hint: 'inexpensive_embeddings', recommended: true, capabilities: ['embeddings'] },
    { id: 'text-embedding-3-large', hint: 'more_exact_embeddings', capabilities: ['embeddings'] },
    { id: 'gpt-4o-mini-transcribe', hint: 'fast_transcription', capabilities: ['speech_to_text'] },
    { id: 'gpt-4o-transcribe', hint: 'more_exact_transcription', recommended: true, capabilities: ['speech_to_text'] },
    { id: 'whisper-1', hint: 'time_stamps_and_english', capabilities: ['speech_to_text'] },
    {
      id: 'gpt-4o-mini-tts',
      hint: 'instructed_speech',
      recommended: true,
      capabilities: ['text_to_speech'],
    },
    { id: 'tts-1', hint: 'fast_speech', capabilities: ['text_to_speech'] },
    { id: 'tts-1-hd', hint: 'finer_speech', capabilities: ['text_to_speech'] },
    { id: 'gpt-image-2', hint: 'images', recommended: true, capabilities: ['images'] },
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
  quirks: openaiQuirks,
})

// Reasoning models refuse `max_tokens` and limits below 16; older ones accept both fields.
const chat = chatProbe('/v1/chat/completions', { max_completion_tokens: 16 })

const socket: Omit<SocketRoute, 'path'> = {
  upstream: { in: 'header', name: 'authorization', prefix: 'Bearer ' },
  accepts: [
    { in: 'header', name: 'authorization', prefix: 'Bearer ' },
    { in: 'subprotocol', prefix: 'openai-insecure-api-key.', before: ['realtime'] },
  ],
  usage: openaiSocketUsage,
}

export const openai: Provider = {
  ...row,
  offeredByDefault: true,
  usage: tieredUsage,
  priceFactors: openaiPriceFactors,
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
    { ...socket, path: /^\/v1\/realtime$/ },
    { ...socket, path: /^\/v1\/responses$/, firstModel: ['model'] },
  ],
  notes: [
    'A project with data residency answers only on its region’s host; those hosts cost 10 % more for models since 2026-03-05.',
    'A restricted key without a scope answers 401; Ownkey reads it as `permission_denied` and names the scope.',
  ],
}

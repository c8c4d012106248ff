import { openaiSurfaces } from '../openai-like/surfaces.ts'
import { readOpenaiUsage } from '../openai-like/usage.ts'
import type { Probe, Provider, Surface } from '../provider.ts'
import { count, told } from '../reading/count.ts'
import { failureReader } from '../reading/failure-reader.ts'
import { at, isRecord } from '../reading/is-record.ts'
import { type Rule, verdict } from '../reading/rules.ts'
import type { Usage } from '../usage-reading.ts'

/** Cohere gives no codes at all. */
const rules: readonly Rule[] = [
  {
    status: [402],
    message: /maximum (billing|amount|spend)|spend(ing)? limit/i,
    is: verdict('quota_exhausted', 'spend_limit'),
  },
  // A trial key's thousand calls a month end with the status of a rate limit.
  { status: [429], message: /\bmonth(ly)?\b/i, is: verdict('quota_exhausted', 'quota_period') },
  // A token in the content is on a deny list: nothing to do with the credential.
  { status: [498], is: verdict('content_refused') },
]
const reading = failureReader({ rules })

/** What is billed stands in `billed_units`; `tokens` counts more. */
function readUsage(value: unknown): Usage {
  const units = at(value, 'billed_units') ?? at(value, 'tokens')
  if (!isRecord(units)) return readOpenaiUsage(value)
  return told({ inputTokens: count(units['input_tokens']), outputTokens: count(units['output_tokens']) })
}

const post = (name: string, path: RegExp, more: Partial<Surface> = {}): Surface => ({
  name,
  method: 'POST',
  path,
  model: 'body',
  meters: 'tokens',
  ...more,
})
const chat: Probe = {
  method: 'POST',
  path: '/v2/chat',
  body: { model: '{model}', messages: [{ role: 'user', content: 'ok' }], max_tokens: 1 },
}

export const cohere: Provider = {
  id: 'cohere',
  name: 'Cohere',
  priceCatalogue: 'cohere',
  dialect: 'flat',
  origin: 'https://api.cohere.com',
  keyPage: 'https://dashboard.cohere.com/api-keys',
  keyNeeds: { cohere_production_key: 'A production key. Trial keys look the same and stop after 1,000 calls a month.' },
  keyShapes: [{ pattern: /^[A-Za-z0-9]{40}$/, prefix: '', distinctive: false }],
  maskGap: '...',
  credential: () => ({ header: 'authorization', prefix: 'Bearer ' }),
  dropRequestHeaders: ['openai-organization', 'openai-project'],
  answerHeaders: ['num_chars', 'num_tokens', 'x-trial-endpoint-call-*', 'x-endpoint-monthly-call-limit'],
  surfaces: [
    post('chat', /^\/v[12]\/chat$/, { capability: 'chat' }),
    post('embed', /^\/v[12]\/embed$/, { capability: 'embeddings' }),
    post('rerank', /^\/v[12]\/rerank$/),
    post('transcription', /^\/v2\/audio\/transcriptions$/, {
      capability: 'speech_to_text',
      model: 'form',
      meters: 'audio',
    }),
    post('tokens', /^\/v1\/(?:tokenize|detokenize)$/, { meters: 'none', isFree: true }),
    ...openaiSurfaces('/compatibility/v1', ['chat', 'embeddings']),
    { name: 'models', path: /^\/v1\/models(?:\/[^/]+)?$/, model: 'none', meters: 'none' },
    {
      name: 'data',
      path: /^\/v1\/(?:datasets|embed-jobs|batches|finetuning)(?:\/[^/]+){0,3}$/,
      model: 'anywhere',
      meters: 'none',
    },
    post('key check', /^\/v1\/check-api-key$/, { model: 'none', meters: 'none', isFree: true }),
  ],
  capabilities: ['chat', 'vision', 'embeddings', 'speech_to_text'],
  models: [
    { id: 'command-a-03-2025', hint: 'strongest', recommended: true, capabilities: ['chat'] },
    { id: 'command-r7b-12-2024', hint: 'small_and_inexpensive', capabilities: ['chat'] },
    { id: 'embed-v4.0', hint: 'embeddings_with_images', recommended: true, capabilities: ['embeddings'] },
    { id: 'cohere-transcribe-03-2026', hint: 'transcription', capabilities: ['speech_to_text'] },
  ],
  defaultModels: {
    chat: 'command-a-03-2025',
    embeddings: 'embed-v4.0',
    speech_to_text: 'cohere-transcribe-03-2026',
  },
  probes: {
    authenticate: {
      method: 'POST',
      path: '/v1/check-api-key',
      readAnswer: ({ body }) => (at(body, 'valid') === false ? { class: 'invalid_key' } : undefined),
    },
    can: {
      chat,
      embeddings: {
        method: 'POST',
        path: '/v2/embed',
        body: { model: '{model}', texts: ['ok'], input_type: 'search_query', embedding_types: ['float'] },
      },
    },
  },
  readFailure: reading.readFailure,
  readStreamOpening: reading.readStreamOpening,
  // `meta` is the word of version 1, whose streams end with it in the whole response, and of all that is no chat.
  usage: { markers: ['"usage"', '"meta"'], read: (_marker, value) => readUsage(value) },
  openai: {
    base: '/compatibility/v1',
    routes: ['chat/completions', 'embeddings'],
    renames: { max_completion_tokens: 'max_tokens' },
  },
  translations: { 'audio/transcriptions': 'cohere_transcription' },
  notes: ['Failures have no codes: texts and statuses are read.', 'Counts are the billed units, not the tokens.'],
}

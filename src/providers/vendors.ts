import { deepseek } from './deepseek/index.ts'
import type { ModelHint } from './model-hints.ts'
import { halfForBatches } from './openai-like/jobs.ts'
import { openaiLike } from './openai-like/openai-like.ts'
import { transcriptionUsage } from './openai-like/usage.ts'
import { openrouter } from './openrouter/index.ts'
import { perplexity } from './perplexity/index.ts'
import type { Provider, ProviderModel } from './provider.ts'
import { cerebrasRules, fireworksRules, groqRules, mistralRules, togetherRules } from './vendor-rules.ts'
import { xai } from './xai/index.ts'

/** Vendors whose API is OpenAI's: a row each. */

const chat = (id: string, hint?: ModelHint, recommended?: true): ProviderModel => ({
  id,
  ...(hint === undefined ? {} : { hint }),
  ...(recommended ? { recommended } : {}),
  capabilities: ['chat'],
})
const mistral = openaiLike({
  id: 'mistral',
  name: 'Mistral',
  priceCatalogue: 'mistral',
  aliases: ['mistral-ai', 'mistralai'],
  origin: 'https://api.mistral.ai',
  regions: { eu: 'https://api.eu.mistral.ai', us: 'https://api.us.mistral.ai' },
  base: '/v1',
  surfaces: [
    'chat',
    'fim',
    'ocr',
    'agents',
    'embeddings',
    'transcriptions',
    'speech',
    'moderations',
    'models',
    'files',
    'mistralBatches',
  ],
  vision: true,
  keyPage: 'https://console.mistral.ai/api-keys',
  keyNeeds: {
    mistral_paying_workspace: 'A key of the workspace that pays; keys can have an expiry date.',
    mistral_codestral: 'Codestral’s own host has separate keys.',
  },
  keyShapes: [{ pattern: /^[A-Za-z0-9]{32}$/, prefix: '', distinctive: false }],
  models: [
    chat('mistral-medium-latest', 'good_value', true),
    chat('mistral-large-latest', 'largest'),
    chat('mistral-small-latest', 'fast_and_inexpensive'),
    { id: 'mistral-embed', capabilities: ['embeddings'] },
  ],
  defaultModels: { chat: 'mistral-medium-latest', embeddings: 'mistral-embed' },
  rules: mistralRules,
  quirks: {
    renames: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
    roles: { developer: 'system' },
    strictMessages: { takes: [] },
    answersInParts: true,
    streamUsage: 'always',
  },
  more: {
    dialect: 'flat',
    translations: { 'audio/speech': 'mistral_speech' },
    priceFactors: halfForBatches,
    realtime: [
      {
        path: /^\/v1\/audio\/transcriptions\/realtime$/,
        upstream: { in: 'header', name: 'authorization', prefix: 'Bearer ' },
        accepts: [{ in: 'header', name: 'authorization', prefix: 'Bearer ' }, { in: 'subprotocol' }],
      },
    ],
  },
})

const groq = openaiLike({
  id: 'groq',
  name: 'Groq',
  priceCatalogue: 'groq',
  origin: 'https://api.groq.com',
  base: '/openai/v1',
  surfaces: ['chat', 'responses', 'transcriptions', 'audioTranslations', 'speech', 'models', 'files', 'batches'],
  vision: true,
  keyPage: 'https://console.groq.com/keys',
  keyNeeds: { groq_project_models: 'A key of a project that may use the models in question.' },
  keyShapes: [{ pattern: /^gsk_[A-Za-z0-9]{52}$/, prefix: 'gsk_', distinctive: true }],
  models: [
    chat('openai/gpt-oss-120b', 'open_with_reasoning', true),
    chat('llama-3.3-70b-versatile', 'open_quick'),
    { id: 'whisper-large-v3-turbo', hint: 'fast_transcription', capabilities: ['speech_to_text'] },
    { id: 'whisper-large-v3', hint: 'more_exact_transcription', capabilities: ['speech_to_text'] },
  ],
  defaultModels: { chat: 'openai/gpt-oss-120b', speech_to_text: 'whisper-large-v3-turbo' },
  rules: groqRules,
  quirks: { strictMessages: { takes: ['reasoning'] } },
  // The last chunk tells the counts a second time, inside `x_groq`: the same key, the same reading.
  more: {
    usage: transcriptionUsage,
    notes: ['Requests are limited per day, tokens per minute; a daily limit is told only in the text.'],
  },
})

const together = openaiLike({
  id: 'together',
  name: 'Together AI',
  priceCatalogue: 'together',
  aliases: ['together-ai', 'togetherai'],
  origin: 'https://api.together.ai',
  base: '/v1',
  surfaces: [
    'chat',
    'completions',
    'embeddings',
    'rerank',
    'images',
    'speech',
    'transcriptions',
    'audioTranslations',
    'models',
    'files',
    'batches',
  ],
  vision: true,
  keyPage: 'https://api.together.ai/settings/api-keys',
  keyNeeds: { together_credit: 'The account needs credit, and its monthly limit must not be reached.' },
  keyShapes: [
    { pattern: /^tgp_v1_[A-Za-z0-9_-]{20,100}$/, prefix: 'tgp_v1_', distinctive: true },
    { pattern: /^[0-9a-f]{64}$/, prefix: '', distinctive: false },
  ],
  models: [
    chat('meta-llama/Llama-3.3-70B-Instruct-Turbo', 'open_quick', true),
    chat('meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8', 'open_with_images'),
    chat('meta-llama/Llama-4-Scout-17B-16E-Instruct', 'open_inexpensive'),
  ],
  defaultModels: {},
  rules: togetherRules,
  quirks: { renames: { max_completion_tokens: 'max_tokens' }, roles: { developer: 'system' } },
  more: {
    answerHeaders: ['x-tokenlimit-*'],
    notes: ['403 means that the request is larger than the model’s context.'],
  },
})

const fireworks = openaiLike({
  id: 'fireworks',
  name: 'Fireworks AI',
  priceCatalogue: 'fireworks',
  aliases: ['fireworks-ai'],
  origin: 'https://api.fireworks.ai',
  base: '/inference/v1',
  surfaces: ['chat', 'completions', 'responses', 'messages', 'embeddings', 'rerank', 'models'],
  vision: true,
  keyPage: 'https://app.fireworks.ai/settings/users/api-keys',
  keyNeeds: {
    fireworks_not_suspended:
      'The account must not be suspended: an unpaid invoice or a spending limit stops even the list of models.',
  },
  keyShapes: [{ pattern: /^fw_[A-Za-z0-9]{20,60}$/, prefix: 'fw_', distinctive: true }],
  models: [
    chat('accounts/fireworks/models/gpt-oss-120b', 'open_with_reasoning', true),
    chat('accounts/fireworks/models/kimi-k3', 'open_large'),
    chat('accounts/fireworks/models/deepseek-v4-pro', 'open_large_with_reasoning'),
    chat('accounts/fireworks/models/glm-5p2', 'open_model'),
    chat('accounts/fireworks/models/qwen3p7-plus', 'open_model'),
  ],
  defaultModels: {},
  rules: fireworksRules,
  quirks: { roles: { developer: 'system' } },
  more: { answerHeaders: ['fireworks-*'] },
})

const cerebras = openaiLike({
  id: 'cerebras',
  name: 'Cerebras',
  priceCatalogue: 'cerebras',
  origin: 'https://api.cerebras.ai',
  base: '/v1',
  surfaces: ['chat', 'completions', 'models'],
  keyPage: 'https://cloud.cerebras.ai',
  keyNeeds: {
    cerebras_payment: 'The account needs a payment method: without one the models are listed but refuse to generate.',
  },
  keyShapes: [{ pattern: /^csk-[A-Za-z0-9]{48}$/, prefix: 'csk-', distinctive: true }],
  models: [chat('gpt-oss-120b', 'open_with_reasoning', true), chat('qwen-3.8-27b', 'open_model')],
  defaultModels: { chat: 'gpt-oss-120b' },
  rules: cerebrasRules,
  quirks: { strictMessages: { takes: ['reasoning'] } },
  more: { dialect: 'flat' },
})

export const vendors: readonly Provider[] = [
  mistral,
  groq,
  deepseek,
  xai,
  together,
  fireworks,
  openrouter,
  perplexity,
  cerebras,
]

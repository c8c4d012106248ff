import type { Failure, ProviderAnswer } from '../failure.ts'
import { openaiLike } from '../openai-like/openai-like.ts'
import type { Provider } from '../provider.ts'
import { at } from '../reading/is-record.ts'
import { withToldCost } from '../reading/told-cost.ts'
import { openrouterRules } from '../vendor-rules.ts'

/** The key’s own limit is used up, although it authenticates. */
function readOpenrouterKey({ body }: ProviderAnswer): Failure | undefined {
  const remaining = at(body, 'data', 'limit_remaining')
  return typeof remaining === 'number' && remaining <= 0
    ? { class: 'quota_exhausted', cause: 'spend_limit' }
    : undefined
}

const row = openaiLike({
  id: 'openrouter',
  name: 'OpenRouter',
  priceCatalogue: 'openrouter',
  aliases: ['open-router'],
  origin: 'https://openrouter.ai',
  regions: { eu: 'https://eu.openrouter.ai', us: 'https://us.openrouter.ai' },
  base: '/api/v1',
  surfaces: [
    'chat',
    'completions',
    'responses',
    'messages',
    'embeddings',
    'rerank',
    'images',
    'speech',
    'transcriptions',
    'models',
    'files',
    'batches',
    'account',
  ],
  vision: true,
  keyPage: 'https://openrouter.ai/settings/keys',
  keyNeeds: {
    openrouter_api_key:
      'An API key, not a provisioning key. A limit set on the key counts beside the account’s credits.',
  },
  keyShapes: [{ pattern: /^sk-or-v1-[0-9a-f]{64}$/, prefix: 'sk-or-', distinctive: true }],
  // A few of several hundred, none of whose names begins with another entry's id; any other can be named behind `openrouter/`.
  models: [
    { id: 'meta-llama/llama-3.3-70b-instruct', hint: 'open_model', capabilities: ['chat'] },
    { id: 'meta-llama/llama-4-maverick', hint: 'open_with_images', capabilities: ['chat', 'vision'] },
    { id: 'minimax/minimax-m3', hint: 'open_large', capabilities: ['chat'] },
  ],
  defaultModels: {},
  // The list of models is public: a wrong key would pass there.
  authenticate: { method: 'GET', path: '/api/v1/key', readAnswer: readOpenrouterKey },
  rules: openrouterRules,
  more: {
    failsInside200: true,
    notes: [
      'An upstream’s failure can come as HTTP 200 with an `error` in the body or in a chunk.',
      'Answers tell what they cost: that is what is booked, where the operator has set no price.',
    ],
  },
})

export const openrouter: Provider = {
  ...row,
  usage: withToldCost(row.usage),
  surfaces: row.surfaces.map((surface) =>
    surface.usage === undefined ? surface : { ...surface, usage: withToldCost(surface.usage) },
  ),
}

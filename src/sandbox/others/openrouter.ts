import type { Call, Route } from '../call.ts'
import { modelIds } from '../openai/models.ts'

const described = (id: string) => ({
  id,
  canonical_slug: id,
  hugging_face_id: null,
  name: `${id} (sandbox)`,
  object: 'model',
  created: 1_750_000_000,
  description: 'Played by the Ownkey sandbox.',
  context_length: 131_072,
  architecture: {
    modality: 'text+image->text',
    input_modalities: ['text', 'image'],
    output_modalities: ['text'],
    tokenizer: 'Other',
    instruct_type: null,
  },
  pricing: { prompt: '0', completion: '0' },
  top_provider: { context_length: 131_072, max_completion_tokens: null, is_moderated: false },
  per_request_limits: null,
  supported_parameters: ['max_tokens', 'temperature', 'tools'],
  supported_voices: null,
  default_parameters: null,
  expiration_date: null,
  links: { details: `/api/v1/models/${id}/endpoints` },
})

const byPeriod = (name: string) => ({ [name]: 0, [`${name}_daily`]: 0, [`${name}_weekly`]: 0, [`${name}_monthly`]: 0 })

const key = {
  label: 'sandbox',
  ...byPeriod('usage'),
  ...byPeriod('byok_usage'),
  limit: 100,
  limit_remaining: 100,
  limit_reset: null,
  include_byok_in_limit: false,
  is_free_tier: false,
  is_management_key: false,
  is_provisioning_key: false,
  creator_user_id: null,
  expires_at: null,
  rate_limit: { requests: -1, interval: '10s', note: 'sandbox' },
}

const generation = ({ query, requestId }: Call) => ({
  id: query.get('id') ?? requestId,
  model: 'sandbox-model',
  total_cost: 0,
  tokens_prompt: 1,
  tokens_completion: 1,
})

export const openRouterRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/api\/v1\/models(?:\/user)?$/,
    answer: ({ provider }) => {
      const data = modelIds(provider).map(described)
      return { json: { data, total_count: data.length, links: { next: null, previous: null } } }
    },
  },
  { method: 'GET', path: /^\/api\/v1\/key$/, answer: () => ({ json: { data: key } }) },
  { method: 'GET', path: /^\/api\/v1\/generation$/, answer: (call) => ({ json: { data: generation(call) } }) },
]

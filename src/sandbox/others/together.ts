import type { Route } from '../call.ts'
import { modelIds } from '../openai/models.ts'

const described = (id: string) => ({
  id,
  object: 'model',
  created: 1_750_000_000,
  type: 'chat',
  display_name: `${id} (sandbox)`,
  organization: 'sandbox',
  link: '',
  license: '',
  context_length: 131_072,
  pricing: { hourly: 0, input: 0, output: 0, base: 0, finetune: 0 },
})

/** Its models come as a bare array. */
export const togetherRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/v1\/models$/,
    answer: ({ provider }) => ({ json: modelIds(provider).map(described) }),
  },
]

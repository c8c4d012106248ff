import type { Failure } from '../failure.ts'
import type { ModelHint } from '../model-hints.ts'
import { laterAnswer, responseJob } from '../openai-like/jobs.ts'
import { openaiLike } from '../openai-like/openai-like.ts'
import { openaiUsage } from '../openai-like/usage.ts'
import type { Provider, ProviderModel, Surface } from '../provider.ts'
import { orderNamed } from '../reading/order-named.ts'
import { withToldCost } from '../reading/told-cost.ts'
import { perplexityRules } from '../vendor-rules.ts'

const chat = (id: string, hint: ModelHint, recommended?: true): ProviderModel => ({
  id,
  hint,
  ...(recommended ? { recommended } : {}),
  capabilities: ['chat'],
})
const proves = (failure: Failure): boolean =>
  failure.class === 'request_invalid' || failure.class === 'model_unavailable'

const row = openaiLike({
  id: 'perplexity',
  name: 'Perplexity',
  priceCatalogue: 'perplexity',
  origin: 'https://api.perplexity.ai',
  base: '',
  basePattern: '(?:/v1|/async)?',
  surfaces: ['chat', 'storedChat', 'responses', 'embeddings', 'search', 'models'],
  keyPage: 'https://console.perplexity.ai',
  keyNeeds: { perplexity_credit: 'The account needs API credit: a Pro subscription does not pay for the API.' },
  keyShapes: [{ pattern: /^pplx-[A-Za-z0-9]{48}$/, prefix: 'pplx-', distinctive: true }],
  models: [
    chat('sonar', 'web_answers_inexpensive', true),
    chat('sonar-pro', 'deeper_search'),
    chat('sonar-reasoning-pro', 'with_reasoning'),
    chat('sonar-deep-research', 'long_reports'),
  ],
  defaultModels: { chat: 'sonar' },
  // There is no free route that checks a key: a request without messages is refused after the key was accepted.
  authenticate: {
    method: 'POST',
    path: '/chat/completions',
    body: { model: 'sonar', messages: [] },
    provesKey: proves,
  },
  rules: perplexityRules,
  quirks: { renames: { max_completion_tokens: 'max_tokens' }, roles: { developer: 'system' }, streamUsage: 'always' },
  more: {
    usage: withToldCost(openaiUsage),
    notes: ['Used-up credit answers 401 with `insufficient_quota`. Each request has a search fee beside its tokens.'],
  },
})

/** What its SDKs call the Responses API. */
const agent: Surface = {
  name: 'agent',
  capability: 'chat',
  method: 'POST',
  path: /^(?:\/v1)?\/agent$/,
  model: 'body',
  meters: 'tokens',
  job: responseJob,
}

/** Answers that take minutes are ordered, and asked for until they are there. */
const orders = '(?:/v1)?/async/(?:chat/completions|sonar)'
const asynchronous: readonly Surface[] = [
  {
    name: 'later chat',
    capability: 'chat',
    method: 'POST',
    path: new RegExp(`^${orders}$`),
    // Within `request`.
    model: 'anywhere',
    meters: 'tokens',
    job: { places: [orderNamed('id'), laterAnswer(['response'])] },
  },
  {
    name: 'later answers',
    path: new RegExp(`^${orders}/(?<job>[^/]+)$`),
    model: 'none',
    meters: 'tokens',
    isFree: true,
    job: { places: [laterAnswer(['response'])] },
  },
]

export const perplexity: Provider = { ...row, surfaces: [...asynchronous, agent, ...row.surfaces] }

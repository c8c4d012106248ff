import { type Answer, type Call, countField, listField, modelField, Problem, type Route, textField } from '../call.ts'
import { tokensOf } from '../content/tokens.ts'
import { vectorOf } from '../content/vector.ts'
import { modelIds } from '../openai/models.ts'
import { openAiRoutes } from '../openai/routes.ts'
import { chat } from './cohere-chat.ts'
import { cohereFirstRoutes } from './cohere-v1.ts'

async function embed(call: Call): Promise<Answer> {
  const body = await call.json()
  const model = modelField(body['model'])
  const texts = Array.isArray(body['texts']) ? body['texts'].map(String) : []
  if (texts.length === 0 && !body['inputs'] && !body['images']) throw new Problem('missing_field', 'texts')
  const dimensions = countField(body, 'output_dimension', 4096) ?? 1536
  const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0)
  const float = texts.map((text) => vectorOf(`${model} ${text}`, dimensions))
  const meta = { api_version: { version: '2' }, billed_units: { input_tokens: tokens } }
  return {
    json: {
      id: call.requestId,
      texts: texts.map(() => 'sandbox'),
      embeddings: { float },
      response_type: 'embeddings_by_type',
      meta,
    },
  }
}

async function rerank(call: Call): Promise<Answer> {
  const body = await call.json()
  modelField(body['model'])
  textField(body, 'query')
  const documents = listField(body, 'documents')
  const results = documents.map((_, index) => ({ index, relevance_score: 1 / (index + 1) }))
  return { json: { id: call.requestId, results, meta: { billed_units: { search_units: 1 } } } }
}

export const cohereRoutes: readonly Route[] = [
  ...cohereFirstRoutes,
  { method: 'POST', path: /^\/v2\/chat$/, answer: chat },
  { method: 'POST', path: /^\/v[12]\/embed$/, answer: embed },
  { method: 'POST', path: /^\/v[12]\/rerank$/, answer: rerank },
  {
    method: 'POST',
    path: /^\/v1\/check-api-key$/,
    answer: () => ({ json: { valid: true, organization_id: 'sandbox', owner_id: 'sandbox' } }),
    breaks: false,
  },
  {
    method: 'GET',
    path: /^\/v1\/models$/,
    answer: (call) => ({ json: { models: modelIds(call.provider).map((name) => ({ name, endpoints: ['chat'] })) } }),
  },
  ...openAiRoutes,
]

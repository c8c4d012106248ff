import { type Answer, type Call, listField, modelField, textField } from '../call.ts'
import { tokensOf } from '../content/tokens.ts'

/** `POST …/rerank`: the documents in the order in which they came. */
export async function rerank(call: Call): Promise<Answer> {
  const body = await call.json()
  const model = modelField(body['model'])
  const tokens = tokensOf(textField(body, 'query'))
  const ranked = listField(body, 'documents').map((_, index) => ({ index, relevance_score: 1 / (index + 1) }))
  const usage = { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens }
  const id = `rerank-${call.requestId}`
  return { json: { id, object: 'rerank', model, results: ranked, data: ranked, usage } }
}

import { type Answer, type Call, modelField, Problem } from '../call.ts'
import { continued } from '../openai/completions.ts'

/** `POST /v1/complete`, the API before messages. */
export async function complete(call: Call): Promise<Answer> {
  const body = await call.json()
  const limit = body['max_tokens_to_sample']
  if (typeof limit !== 'number') throw new Problem('missing_field', 'max_tokens_to_sample')
  const { reply } = continued({ prompt: body['prompt'], max_tokens: limit })
  const stop_reason = reply.cut ? 'max_tokens' : 'stop_sequence'
  const model = modelField(body['model'])
  return { json: { type: 'completion', id: `compl_${call.requestId}`, completion: reply.text, stop_reason, model } }
}

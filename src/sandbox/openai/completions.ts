import { type Answer, type Call, type JsonObject, modelField, Problem } from '../call.ts'
import { piecesOf, replyTo } from '../content/reply.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

/** `POST …/completions`: one text goes on from another, whole or as a stream. */
export async function completions(call: Call): Promise<Answer> {
  const body = await call.json()
  const model = modelField(body['model'] ?? call.parts['deployment'])
  const { reply, usage } = continued(body)
  const base = {
    id: `cmpl-${call.requestId}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model,
  }
  const finish = reply.cut ? 'length' : 'stop'
  const choice = (text: string, finish_reason: string | null) => ({ index: 0, text, logprobs: null, finish_reason })
  if (body['stream'] !== true) return { json: { ...base, choices: [choice(reply.text, finish)], usage } }
  const chunks = piecesOf(reply.text).map((text) => sseEvent({ ...base, choices: [choice(text, null)] }))
  const end = sseEvent({ ...base, choices: [choice('', finish)], usage })
  return {
    headers: sseHeaders,
    pieces: [...chunks, end, sseEvent('[DONE]')],
    broken: sseEvent(call.overloaded),
  }
}

/** What follows the prompt of a body, and what it counts. */
export function continued(body: JsonObject) {
  const text = body['prompt']
  if (text === undefined || text === '') throw new Problem('missing_field', 'prompt')
  const prompt = promptSize([text])
  const limit = body['max_tokens']
  const reply = replyTo({ prompt, maxTokens: typeof limit === 'number' && limit > 0 ? limit : undefined })
  const input = promptTokens(prompt)
  const usage = { prompt_tokens: input, completion_tokens: reply.tokens, total_tokens: input + reply.tokens }
  return { reply, usage }
}

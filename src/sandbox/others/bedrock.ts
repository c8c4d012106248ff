import { messageRoutes } from '../anthropic/routes.ts'
import { type Answer, type Call, listField, modelField, objectOf, type Route } from '../call.ts'
import { replyTo } from '../content/reply.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { openAiRoutes } from '../openai/routes.ts'

/** `POST /model/{model}/converse` */
async function converse(call: Call): Promise<Answer> {
  modelField(decodeURIComponent(call.parts['model'] ?? ''))
  const body = await call.json()
  const prompt = promptSize([listField(body, 'messages'), body['system'] ?? ''])
  const limit = objectOf(body['inferenceConfig'])['maxTokens']
  const reply = replyTo({ prompt, maxTokens: typeof limit === 'number' ? limit : undefined })
  const [inputTokens, outputTokens] = [promptTokens(prompt), reply.tokens]
  return {
    headers: { 'x-amzn-requestid': call.requestId },
    json: {
      output: { message: { role: 'assistant', content: [{ text: reply.text }] } },
      stopReason: reply.cut ? 'max_tokens' : 'end_turn',
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      metrics: { latencyMs: 1 },
    },
  }
}

export const bedrockRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/model\/(?<model>[^/]+)\/converse$/, answer: converse },
  {
    method: 'GET',
    path: /^\/foundation-models$/,
    answer: () => ({ json: { modelSummaries: [{ modelId: 'sandbox', modelName: 'sandbox' }] } }),
  },
  ...messageRoutes,
  ...openAiRoutes,
]

import { messageRoutes } from '../anthropic/routes.ts'
import { type Answer, type Call, type JsonObject, listField, modelField, objectOf, type Route } from '../call.ts'
import { piecesOf, type Reply, replyTo } from '../content/reply.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { openAiRoutes } from '../openai/routes.ts'
import { awsEvent } from './aws-event.ts'
import { countTokens, invoke, invokeStream } from './bedrock-invoke.ts'

interface Converse {
  reply: Reply
  usage: JsonObject
  stopReason: string
  headers: Readonly<Record<string, string>>
}

async function read(call: Call): Promise<Converse> {
  modelField(decodeURIComponent(call.parts['model'] ?? ''))
  const body = await call.json()
  const prompt = promptSize([listField(body, 'messages'), body['system'] ?? ''])
  const limit = objectOf(body['inferenceConfig'])['maxTokens']
  const reply = replyTo({ prompt, maxTokens: typeof limit === 'number' ? limit : undefined })
  const [inputTokens, outputTokens] = [promptTokens(prompt), reply.tokens]
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
  const headers = { 'x-amzn-requestid': call.requestId }
  return { reply, usage, stopReason: reply.cut ? 'max_tokens' : 'end_turn', headers }
}

const metrics = { latencyMs: 1 }

/** `POST /model/{model}/converse` */
async function converse(call: Call): Promise<Answer> {
  const { reply, usage, stopReason, headers } = await read(call)
  const output = { message: { role: 'assistant', content: [{ text: reply.text }] } }
  return { headers, json: { output, stopReason, usage, metrics } }
}

/** `POST /model/{model}/converse-stream`: AWS' own binary events. */
async function converseStream(call: Call): Promise<Answer> {
  const { reply, usage, stopReason, headers } = await read(call)
  const event = (type: string, payload: JsonObject) =>
    awsEvent({ ':message-type': 'event', ':event-type': type }, payload)
  return {
    headers: { ...headers, 'content-type': 'application/vnd.amazon.eventstream' },
    pieces: [
      event('messageStart', { role: 'assistant' }),
      ...piecesOf(reply.text).map((text) => event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
      event('contentBlockStop', { contentBlockIndex: 0 }),
      event('messageStop', { stopReason }),
      event('metadata', { usage, metrics }),
    ],
    broken: awsEvent(
      { ':message-type': 'exception', ':exception-type': 'serviceUnavailableException' },
      { message: 'The service is unable to process your request. (sandbox)' },
    ),
  }
}

export const bedrockRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/model\/(?<model>[^/]+)\/invoke$/, answer: invoke },
  { method: 'POST', path: /^\/model\/(?<model>[^/]+)\/invoke-with-response-stream$/, answer: invokeStream },
  { method: 'POST', path: /^\/model\/(?<model>[^/]+)\/count-tokens$/, answer: countTokens, breaks: false },
  { method: 'POST', path: /^\/model\/(?<model>[^/]+)\/converse-stream$/, answer: converseStream },
  { method: 'POST', path: /^\/model\/(?<model>[^/]+)\/converse$/, answer: converse },
  {
    method: 'GET',
    path: /^\/foundation-models$/,
    answer: () => ({ json: { modelSummaries: [{ modelId: 'sandbox', modelName: 'sandbox' }] } }),
  },
  ...messageRoutes,
  ...openAiRoutes,
]

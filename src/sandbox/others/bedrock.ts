import { messageRoutes } from '../anthropic/routes.ts'
import {
  type Answer,
  type Call,
  type JsonObject,
  listField,
  modelField,
  objectOf,
  Problem,
  type Route,
} from '../call.ts'
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
  const reply = replyTo({
    prompt,
    tool: forcedTool(objectOf(body['toolConfig'])),
    schema: schemaOf(body),
    maxTokens: typeof limit === 'number' ? limit : undefined,
  })
  const [inputTokens, outputTokens] = [promptTokens(prompt), reply.tokens]
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
  const headers = { 'x-amzn-requestid': call.requestId }
  return { reply, usage, stopReason: stopReason(reply), headers }
}

const stopReason = (reply: Reply) => (reply.tool ? 'tool_use' : reply.cut ? 'max_tokens' : 'end_turn')

function forcedTool({ tools, toolChoice }: JsonObject): { name: string; schema: unknown } | undefined {
  const choice = objectOf(toolChoice)
  const name = objectOf(choice['tool'])['name']
  const tool = (Array.isArray(tools) ? tools : [])
    .map((one) => objectOf(objectOf(one)['toolSpec']))
    .find((one) => choice['any'] !== undefined || (name !== undefined && one['name'] === name))
  return tool && { name: String(tool['name']), schema: objectOf(tool['inputSchema'])['json'] }
}

/** A schema is written as a text here. */
function schemaOf(body: JsonObject): unknown {
  const { structure } = objectOf(objectOf(body['outputConfig'])['textFormat'])
  const { schema } = objectOf(objectOf(structure)['jsonSchema'])
  if (typeof schema !== 'string') return undefined
  try {
    return JSON.parse(schema)
  } catch {
    throw new Problem('invalid_field', 'outputConfig.textFormat')
  }
}

const toolUseId = 'tooluse_sandbox_0'

const blockOf = ({ tool, text }: Reply): JsonObject =>
  tool ? { toolUse: { toolUseId, name: tool.name, input: tool.input } } : { text }

const metrics = { latencyMs: 1 }

/** `POST /model/{model}/converse` */
async function converse(call: Call): Promise<Answer> {
  const { reply, usage, stopReason, headers } = await read(call)
  const output = { message: { role: 'assistant', content: [blockOf(reply)] } }
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
      ...blockEvents(reply).map(([type, more]) => event(type, { contentBlockIndex: 0, ...more })),
      event('messageStop', { stopReason }),
      event('metadata', { usage, metrics }),
    ],
    broken: awsEvent(
      { ':message-type': 'exception', ':exception-type': 'serviceUnavailableException' },
      { message: 'The service is unable to process your request. (sandbox)' },
    ),
  }
}

function blockEvents({ tool, text }: Reply): [type: string, more: JsonObject][] {
  const stop: [string, JsonObject] = ['contentBlockStop', {}]
  if (!tool)
    return [
      ...piecesOf(text).map((piece): [string, JsonObject] => ['contentBlockDelta', { delta: { text: piece } }]),
      stop,
    ]
  const pieces = piecesOf(JSON.stringify(tool.input))
  return [
    ['contentBlockStart', { start: { toolUse: { toolUseId, name: tool.name } } }],
    ...pieces.map((input): [string, JsonObject] => ['contentBlockDelta', { delta: { toolUse: { input } } }]),
    stop,
  ]
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

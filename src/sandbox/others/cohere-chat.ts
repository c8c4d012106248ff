import { type Answer, type Call, type JsonObject, listField, modelField, objectOf } from '../call.ts'
import { piecesOf, type Reply, replyTo } from '../content/reply.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

/** `POST /v2/chat`, whole or as a stream. */
export async function chat(call: Call): Promise<Answer> {
  const body = await call.json()
  modelField(body['model'])
  const prompt = promptSize(listField(body, 'messages'))
  const limit = body['max_tokens']
  const format = objectOf(body['response_format'])
  const reply = replyTo({
    prompt,
    tool: forcedTool(body),
    schema: format['type'] === 'json_object' ? (format['json_schema'] ?? format['schema'] ?? true) : undefined,
    maxTokens: typeof limit === 'number' ? limit : undefined,
  })
  const counted = { input_tokens: promptTokens(prompt), output_tokens: reply.tokens }
  const usage = { billed_units: counted, tokens: counted }
  const finish_reason = reply.tool ? 'TOOL_CALL' : reply.cut ? 'MAX_TOKENS' : 'COMPLETE'
  const id = call.requestId
  const message = { role: 'assistant', ...contentOf(reply) }
  if (body['stream'] !== true) return { json: { id, finish_reason, message, usage } }
  const opening = { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [] } }
  return {
    headers: sseHeaders,
    pieces: [
      event('message-start', { id, delta: opening }),
      ...(reply.tool ? toolEvents(reply) : textEvents(reply)),
      event('message-end', { id, delta: { finish_reason, usage } }),
    ],
    broken: event('message-end', { id, delta: { finish_reason: 'ERROR', error: 'overloaded (sandbox)' } }),
  }
}

/** `REQUIRED` is the only choice that makes the model call a tool, and leaves open which. */
function forcedTool(body: JsonObject): { name: string; schema: unknown } | undefined {
  const [first] = Array.isArray(body['tools']) ? body['tools'] : []
  if (first === undefined || body['tool_choice'] !== 'REQUIRED') return undefined
  const tool = objectOf(objectOf(first)['function'])
  return { name: String(tool['name']), schema: tool['parameters'] }
}

const plan = 'The sandbox calls the first tool.'

function toolCall(reply: Reply) {
  const called = { name: reply.tool?.name, arguments: JSON.stringify(reply.tool?.input) }
  return { id: 'call_sandbox_0', type: 'function', function: called }
}

const contentOf = (reply: Reply): JsonObject =>
  reply.tool ? { tool_plan: plan, tool_calls: [toolCall(reply)] } : { content: [{ type: 'text', text: reply.text }] }

const event = (type: string, more: object) => sseEvent({ type, ...more }, type)

function textEvents(reply: Reply): string[] {
  return [
    event('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
    ...piecesOf(reply.text).map((text) =>
      event('content-delta', { index: 0, delta: { message: { content: { text } } } }),
    ),
    event('content-end', { index: 0 }),
  ]
}

function toolEvents(reply: Reply): string[] {
  const { function: called, ...call } = toolCall(reply)
  const delta = (tool_calls: JsonObject) => ({ index: 0, delta: { message: { tool_calls } } })
  return [
    event('tool-plan-delta', { delta: { message: { tool_plan: plan } } }),
    event('tool-call-start', delta({ ...call, function: { name: called.name, arguments: '' } })),
    ...piecesOf(called.arguments).map((text) => event('tool-call-delta', delta({ function: { arguments: text } }))),
    event('tool-call-end', { index: 0 }),
  ]
}

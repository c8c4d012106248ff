import { type Answer, type Call, type JsonObject, modelField, objectOf, Problem } from '../call.ts'
import { piecesOf, type Reply, replyTo } from '../content/reply.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { factsOfId, tellingId } from '../content/told-id.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

/** `POST /v1/responses`, whole or as the stream of its events. */
export async function responses(call: Call): Promise<Answer> {
  const body = await call.json()
  const played = play(call, body)
  // In the background nothing is there yet; whoever asks for it by its id finds it done.
  if (body['background'] === true && body['stream'] !== true) return { json: { ...played.base, status: 'queued' } }
  if (body['stream'] !== true) return { json: played.done }
  const pieces = events(played).map((event) => sseEvent(event, String(event['type'])))
  return { headers: sseHeaders, pieces, broken: sseEvent(brokenEvent(call), 'error') }
}

/** The events of one `response.create` on a socket. */
export const responseEvents = (call: Pick<Call, 'requestId'>, body: JsonObject): JsonObject[] =>
  events(play(call, body))

/** `POST /v1/responses/input_tokens` */
export async function countInput(call: Call): Promise<Answer> {
  const body = await call.json()
  modelField(body['model'])
  const counted = promptTokens(promptSize([body['input'] ?? '', body['instructions'] ?? '', body['tools'] ?? []]))
  return { json: { object: 'response.input_tokens', input_tokens: counted } }
}

function play(call: Pick<Call, 'requestId'>, body: JsonObject): Streaming {
  const model = modelField(body['model'])
  const input = body['input']
  if (input === undefined || (Array.isArray(input) && input.length === 0)) throw new Problem('missing_field', 'input')
  const prompt = promptSize([input, body['instructions'] ?? ''])
  const format = objectOf(objectOf(body['text'])['format'])
  const limit = body['max_output_tokens']
  const reply = replyTo({
    prompt,
    tool: forcedTool(body),
    schema: format['type'] === 'json_object' ? true : format['schema'],
    maxTokens: typeof limit === 'number' ? limit : undefined,
  })
  const item = outputItem(call, reply)
  const isBackground = body['background'] === true
  const id = responseId([call.requestId, model, prompt.characters, isBackground])
  const base = responseOf({ id, body, model, cut: reply.cut })
  const done = { ...base, output: [item], usage: usageOf(promptTokens(prompt), reply.tokens) }
  return { base, done, item, reply }
}

export function brokenEvent({ overloaded }: Pick<Call, 'overloaded'>): JsonObject {
  const message = objectOf(objectOf(overloaded)['error'])['message']
  const code = 'server_error'
  return { type: 'error', sequence_number: 999, code, message, param: null }
}

function forcedTool(body: JsonObject): { name: string; schema: unknown } | undefined {
  const tools = (Array.isArray(body['tools']) ? body['tools'] : []).map(objectOf)
  const choice = body['tool_choice']
  const name = objectOf(choice)['name']
  const tool = tools.find((one) => one['type'] === 'function' && (name ? one['name'] === name : choice === 'required'))
  return tool && { name: String(tool['name']), schema: tool['parameters'] }
}

function usageOf(input: number, output: number) {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  }
}

const prefix = 'resp_'
const responseId = (facts: [requestId: string, model: string, characters: number, background: boolean]): string =>
  tellingId(prefix, facts)

function storedOf(call: Call): JsonObject {
  const id = call.parts['id'] ?? ''
  const [requestId, model, characters, background] = factsOfId(prefix, id)
  const prompt = { characters: Number(characters), media: 0 }
  const reply = replyTo({ prompt })
  return {
    ...responseOf({ id, body: { background }, model: String(model), cut: false }),
    output: [outputItem({ ...call, requestId: String(requestId) }, reply)],
    usage: usageOf(promptTokens(prompt), reply.tokens),
  }
}

/** `GET …/responses/{id}`: in the sandbox's words, whatever it answered before. */
export const getResponse = (call: Call): Answer => ({ json: storedOf(call) })

/** `POST …/responses/{id}/cancel` */
export const cancelResponse = (call: Call): Answer => ({ json: { ...storedOf(call), status: 'cancelled', output: [] } })

/** `DELETE …/responses/{id}` */
export const deleteResponse = (call: Call): Answer => ({
  json: { id: storedOf(call)['id'], object: 'response', deleted: true },
})

interface Responded {
  id: string
  body: JsonObject
  model: string
  cut: boolean
}

function responseOf({ id, body, model, cut }: Responded): JsonObject {
  return {
    id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: cut ? 'incomplete' : 'completed',
    background: body['background'] === true,
    error: null,
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: objectOf(body['text'])['format'] ?? { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    metadata: {},
  }
}

function outputItem(call: Pick<Call, 'requestId'>, reply: Reply): JsonObject {
  if (!reply.tool) {
    const part = { type: 'output_text', text: reply.text, annotations: [], logprobs: [] }
    const status = reply.cut ? 'incomplete' : 'completed'
    return { id: `msg_${call.requestId}`, type: 'message', status, role: 'assistant', content: [part] }
  }
  return {
    id: `fc_${call.requestId}`,
    type: 'function_call',
    status: 'completed',
    call_id: 'call_sandbox_0',
    name: reply.tool.name,
    arguments: JSON.stringify(reply.tool.input),
  }
}

interface Streaming {
  base: JsonObject
  done: JsonObject
  item: JsonObject
  reply: Reply
}

function events({ base, done, item, reply }: Streaming): JsonObject[] {
  const opened = { ...base, status: 'in_progress', incomplete_details: null }
  const inner = reply.tool ? toolEvents(item) : textEvents(item, reply)
  const empty = reply.tool
    ? { ...item, status: 'in_progress', arguments: '' }
    : { ...item, status: 'in_progress', content: [] }
  const all: JsonObject[] = [
    { type: 'response.created', response: opened },
    { type: 'response.in_progress', response: opened },
    { type: 'response.output_item.added', output_index: 0, item: empty },
    ...inner,
    { type: 'response.output_item.done', output_index: 0, item },
    { type: reply.cut ? 'response.incomplete' : 'response.completed', response: done },
  ]
  return all.map((event, index) => ({ ...event, sequence_number: index }))
}

function textEvents(item: JsonObject, reply: Reply): JsonObject[] {
  const place = { item_id: item['id'], output_index: 0, content_index: 0 }
  const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] })
  return [
    { type: 'response.content_part.added', ...place, part: part('') },
    ...piecesOf(reply.text).map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text: reply.text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: part(reply.text) },
  ]
}

function toolEvents(item: JsonObject): JsonObject[] {
  const place = { item_id: item['id'], output_index: 0 }
  const whole = String(item['arguments'])
  return [
    ...piecesOf(whole).map((delta) => ({ type: 'response.function_call_arguments.delta', ...place, delta })),
    { type: 'response.function_call_arguments.done', ...place, name: item['name'], arguments: whole },
  ]
}

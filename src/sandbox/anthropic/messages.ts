import { type Answer, type Call, type JsonObject, listField, modelField, objectOf, Problem } from '../call.ts'
import { piecesOf, type Reply, replyTo } from '../content/reply.ts'
import { promptSize, promptTokens, tokensOf } from '../content/tokens.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

const thought = 'The sandbox does not think; this is what thinking looks like.'

interface Message {
  call: Call
  model: string
  reply: Reply
  blocks: readonly JsonObject[]
  inputTokens: number
  outputTokens: number
}

/** `POST /v1/messages`, whole or as a stream. */
export async function messages(call: Call): Promise<Answer> {
  const body = await call.json()
  const model = modelField(body['model'] ?? call.parts['model'])
  const limit = body['max_tokens']
  if (typeof limit !== 'number')
    throw new Problem(limit === undefined ? 'missing_field' : 'invalid_field', 'max_tokens')
  const prompt = promptSize([listField(body, 'messages'), body['system'] ?? ''])
  const format = objectOf(objectOf(body['output_config'])['format'] ?? body['output_format'])
  const reply = replyTo({
    prompt,
    tool: forcedTool(body),
    schema: format['schema'] ?? asksForJson(body['system']),
    maxTokens: limit,
  })
  const thinks = ['enabled', 'adaptive'].includes(String(objectOf(body['thinking'])['type']))
  const blocks = [...(thinks ? [thinkingBlock] : []), contentBlock(reply)]
  const message: Message = {
    call,
    model,
    reply,
    blocks,
    inputTokens: promptTokens(prompt),
    outputTokens: reply.tokens + (thinks ? tokensOf(thought) : 0),
  }
  return body['stream'] === true || call.path.endsWith(':streamRawPredict')
    ? streamed(message)
    : { json: whole(message) }
}

/** `POST /v1/messages/count_tokens` */
export async function countTokens(call: Call): Promise<Answer> {
  const body = await call.json()
  modelField(body['model'])
  const prompt = promptSize([listField(body, 'messages'), body['system'] ?? '', body['tools'] ?? []])
  return { json: { input_tokens: promptTokens(prompt) } }
}

const thinkingBlock = { type: 'thinking', thinking: thought, signature: Buffer.from('sandbox').toString('base64') }

function contentBlock(reply: Reply): JsonObject {
  if (!reply.tool) return { type: 'text', text: reply.text }
  return { type: 'tool_use', id: 'toolu_sandbox_0', name: reply.tool.name, input: reply.tool.input }
}

/** A model that is told to answer in JSON does. */
const asksForJson = (system: unknown): true | undefined =>
  /\bone JSON object\b/.test(JSON.stringify(system ?? '')) || undefined

function forcedTool(body: JsonObject): { name: string; schema: unknown } | undefined {
  const tools = (Array.isArray(body['tools']) ? body['tools'] : []).map(objectOf)
  const choice = objectOf(body['tool_choice'])
  const tool = tools.find(
    (one) => choice['type'] === 'any' || (choice['type'] === 'tool' && one['name'] === choice['name']),
  )
  return tool && { name: String(tool['name']), schema: tool['input_schema'] }
}

const stopReason = (reply: Reply) => (reply.tool ? 'tool_use' : reply.cut ? 'max_tokens' : 'end_turn')

const noCache = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }

function envelope({ call, model, inputTokens }: Message, outputTokens: number): JsonObject {
  return {
    id: `msg_${call.requestId}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: inputTokens,
      ...noCache,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: outputTokens,
      service_tier: 'standard',
    },
  }
}

function whole(message: Message): JsonObject {
  return { ...envelope(message, message.outputTokens), content: message.blocks, stop_reason: stopReason(message.reply) }
}

function streamed(message: Message): Answer {
  const { reply, inputTokens, outputTokens } = message
  const events: JsonObject[] = [
    { type: 'message_start', message: envelope(message, 1) },
    ...message.blocks.flatMap((block, index) => {
      const [empty, deltas] = streamedBlock(block)
      return [
        { type: 'content_block_start', index, content_block: empty },
        ...(index === 0 ? [{ type: 'ping' }] : []),
        ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
        { type: 'content_block_stop', index },
      ]
    }),
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason(reply), stop_sequence: null },
      usage: { input_tokens: inputTokens, ...noCache, output_tokens: outputTokens },
    },
    { type: 'message_stop' },
  ]
  return {
    headers: sseHeaders,
    pieces: events.map((event) => sseEvent(event, String(event['type']))),
    broken: sseEvent(message.call.overloaded, 'error'),
  }
}

/** The block as it opens, and what then fills it. */
function streamedBlock(block: JsonObject): [empty: JsonObject, deltas: JsonObject[]] {
  if (block['type'] === 'thinking') {
    const deltas = piecesOf(thought).map((thinking) => ({ type: 'thinking_delta', thinking }))
    const signed = { type: 'signature_delta', signature: block['signature'] }
    return [{ ...block, thinking: '', signature: '' }, [...deltas, signed]]
  }
  if (block['type'] === 'tool_use') {
    const pieces = ['', ...piecesOf(JSON.stringify(block['input']))]
    return [{ ...block, input: {} }, pieces.map((json) => ({ type: 'input_json_delta', partial_json: json }))]
  }
  return [{ ...block, text: '' }, piecesOf(String(block['text'])).map((text) => ({ type: 'text_delta', text }))]
}

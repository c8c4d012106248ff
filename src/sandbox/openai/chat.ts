import { type Answer, type Call, countField, type JsonObject, listField, modelField, objectOf } from '../call.ts'
import { piecesOf, type Reply, replyTo } from '../content/reply.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { sseEvent, sseHeaders } from '../sse.ts'

/** Vendors whose last chunk brings the usage without `stream_options.include_usage`. */
const usageUnasked = new Set(['together', 'fireworks', 'openrouter', 'cerebras', 'perplexity'])

/** They bring it with the last words; others in a chunk of its own. */
const usageInLastChoice = new Set(['mistral'])

/** They bring a tool's arguments in one piece with its name. */
const toolsWhole = new Set(['mistral', 'xai'])

/** They say in every chunk who speaks. */
const roleInEach = new Set(['perplexity'])

/** What a chat's answer is made of. */
interface Chat {
  call: Call
  body: JsonObject
  model: string
  replies: readonly Reply[]
  usage: JsonObject
}

/** `POST …/chat/completions` in OpenAI's dialect, whole or as a stream. */
export async function chatCompletions(call: Call): Promise<Answer> {
  const body = await call.json()
  const model = modelField(body['model'] ?? call.parts['deployment'])
  const prompt = promptSize(listField(body, 'messages'))
  const format = objectOf(body['response_format'])
  const reply = replyTo({
    prompt,
    tool: forcedTool(body),
    schema: format['type'] === 'json_object' ? true : objectOf(format['json_schema'])['schema'],
    maxTokens: numberOf(body['max_completion_tokens'] ?? body['max_tokens']),
  })
  const replies = Array.from({ length: countField(body, 'n', 128) ?? 1 }, () => reply)
  const input = promptTokens(prompt)
  const output = reply.tokens * replies.length
  const usage = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  }
  return completionOf({ call, body, model, replies, usage })
}

/** An answer in the shape of a chat's, whole or as a stream as the body asks. */
export function completionOf(chat: Chat): Answer {
  return chat.body['stream'] === true ? streamed(chat) : { json: whole(chat) }
}

/** The function that `tool_choice` makes the model call; none when the model may choose. */
function forcedTool(body: JsonObject): { name: string; schema: unknown } | undefined {
  const tools = (Array.isArray(body['tools']) ? body['tools'] : []).map((tool) => objectOf(objectOf(tool)['function']))
  const choice = body['tool_choice']
  const name = objectOf(objectOf(choice)['function'])['name']
  const tool = tools.find((one) => (name ? one['name'] === name : choice === 'required' || choice === 'any'))
  return tool && { name: String(tool['name']), schema: tool['parameters'] }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? Math.floor(value) : undefined
}

const finishOf = (reply: Reply) => (reply.tool ? 'tool_calls' : reply.cut ? 'length' : 'stop')

function envelope({ call, model }: Chat, object: string) {
  const created = Math.floor(Date.now() / 1000)
  return { id: `chatcmpl-${call.requestId}`, object, created, model, system_fingerprint: 'fp_sandbox' }
}

function toolCall(reply: Reply, index: number) {
  const call = { name: reply.tool?.name, arguments: JSON.stringify(reply.tool?.input) }
  return { id: `call_sandbox_${index}`, type: 'function', function: call }
}

function whole(chat: Chat): JsonObject {
  const choices = chat.replies.map((reply, index) => ({
    index,
    message: {
      role: 'assistant',
      content: reply.tool ? null : reply.text,
      refusal: null,
      ...(reply.tool && { tool_calls: [toolCall(reply, index)] }),
    },
    logprobs: null,
    finish_reason: finishOf(reply),
  }))
  return { ...envelope(chat, 'chat.completion'), choices, usage: chat.usage }
}

function streamed(chat: Chat): Answer {
  const asked = objectOf(chat.body['stream_options'])['include_usage'] === true
  const base = envelope(chat, 'chat.completion.chunk')
  const chunk = (choices: unknown[], more: JsonObject = {}) => sseEvent({ ...base, choices, ...more })
  const inLast = usageInLastChoice.has(chat.call.provider)
  const silent = asked ? { usage: null } : {}
  const last = { ...silent, ...(inLast && { usage: chat.usage }), ...ownCounts(chat) }
  const said = roleInEach.has(chat.call.provider) ? { role: 'assistant', content: '' } : {}
  const pieces = chat.replies.flatMap((reply, index) => {
    const choice = (delta: unknown, finish: string | null = null, more: JsonObject = silent) =>
      chunk([{ index, delta, logprobs: null, finish_reason: finish }], more)
    const isLast = index === chat.replies.length - 1
    return [
      choice({ role: 'assistant', content: reply.tool ? null : '', refusal: null }),
      ...deltasOf(chat.call.provider, reply, index).map((delta) => choice({ ...said, ...delta })),
      choice(said, finishOf(reply), isLast ? last : silent),
    ]
  })
  if (!inLast && (asked || usageUnasked.has(chat.call.provider))) pieces.push(chunk([], { usage: chat.usage }))
  pieces.push(sseEvent('[DONE]'))
  return { headers: sseHeaders, pieces, broken: sseEvent(chat.call.overloaded) }
}

/** Groq tells the counts with the last words too, in a field of its own, whether they are asked for or not. */
const ownCounts = ({ call, usage }: Chat): JsonObject =>
  call.provider === 'groq' ? { x_groq: { id: call.requestId, usage } } : {}

function deltasOf(provider: string, reply: Reply, index: number): JsonObject[] {
  if (!reply.tool) return piecesOf(reply.text).map((content) => ({ content }))
  const { id, type, function: called } = toolCall(reply, index)
  if (toolsWhole.has(provider)) return [{ tool_calls: [{ index: 0, id, type, function: called }] }]
  const opening = { index: 0, id, type, function: { name: called.name, arguments: '' } }
  return [opening, ...piecesOf(called.arguments).map((text) => ({ index: 0, function: { arguments: text } }))].map(
    (one) => ({ tool_calls: [one] }),
  )
}

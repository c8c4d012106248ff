import { entryOf } from '../../lib/index.ts'
import { type Answer, type Call, modelField, objectOf, Problem, type Route, textField } from '../call.ts'
import { piecesOf, type Reply, replyTo } from '../content/reply.ts'
import { soundOf, spokenSeconds } from '../content/sound.ts'
import { promptSize, promptTokens } from '../content/tokens.ts'
import { spokenKinds } from '../openai/audio.ts'
import { completionOf } from '../openai/chat.ts'
import { continued } from '../openai/completions.ts'
import { embeddings } from '../openai/embeddings.ts'
import { modelIds } from '../openai/models.ts'
import { sseEvent, sseHeaders } from '../sse.ts'
import { mistralKept } from './mistral-kept.ts'
import { transcription } from './mistral-transcription.ts'

const described = (id: string) => ({
  id,
  object: 'model',
  created: 1_750_000_000,
  owned_by: 'sandbox',
  type: 'base',
  name: id,
  description: 'Played by the Ownkey sandbox.',
  max_context_length: 131_072,
  aliases: [],
  capabilities: {
    completion_chat: !id.includes('embed'),
    completion_fim: id.includes('codestral'),
    function_calling: !id.includes('embed'),
    fine_tuning: false,
    vision: !id.includes('embed'),
    classification: false,
  },
})

/** `POST /v1/fim/completions`: the middle between `prompt` and `suffix`, told as a chat's answer. */
async function fillIn(call: Call): Promise<Answer> {
  const body = await call.json()
  const { reply, usage } = continued(body)
  return completionOf({ call, body, model: modelField(body['model']), replies: [reply], usage })
}

/** `POST /v1/agents/completions`: the agent knows its model. */
async function agent(call: Call): Promise<Answer> {
  const body = await call.json()
  if (typeof body['agent_id'] !== 'string') throw new Problem('missing_field', 'agent_id')
  const { reply, usage } = continued({ ...body, prompt: body['messages'] })
  return completionOf({ call, body, model: 'mistral-medium-latest', replies: [reply], usage })
}

/** `POST /v1/conversations` */
async function conversation(call: Call): Promise<Answer> {
  const body = await call.json()
  if (body['inputs'] === undefined) throw new Problem('missing_field', 'inputs')
  const prompt = promptSize([body['inputs'], body['instructions'] ?? ''])
  const reply = replyTo({ prompt })
  const input = promptTokens(prompt)
  const usage = { prompt_tokens: input, completion_tokens: reply.tokens, total_tokens: input + reply.tokens }
  const conversation_id = `conv_${call.requestId}`
  if (body['stream'] === true) return streamed(call, { reply, usage, conversation_id })
  const output = { object: 'entry', type: 'message.output', id: `msg_${call.requestId}`, role: 'assistant' }
  const outputs = [{ ...output, content: reply.text }]
  return { json: { object: 'conversation.response', conversation_id, outputs, usage } }
}

function streamed(call: Call, said: { reply: Reply; usage: object; conversation_id: string }): Answer {
  const event = (type: string, more: object) => sseEvent({ type, ...more }, type)
  const part = { id: `msg_${call.requestId}`, role: 'assistant', output_index: 0, content_index: 0 }
  return {
    headers: sseHeaders,
    pieces: [
      event('conversation.response.started', { conversation_id: said.conversation_id }),
      ...piecesOf(said.reply.text).map((content) => event('message.output.delta', { ...part, content })),
      event('conversation.response.done', { usage: said.usage }),
    ],
    broken: event('conversation.response.error', { message: 'The service is overloaded. (sandbox)', code: 3505 }),
  }
}

/** `POST /v1/audio/speech`: the sound in JSON. */
async function speak(call: Call): Promise<Answer> {
  const body = await call.json()
  modelField(body['model'])
  const kind = entryOf(spokenKinds, body['response_format'] ?? 'mp3')
  if (!kind) throw new Problem('invalid_field', 'response_format')
  const sound = soundOf({ kind, sampleRate: 24_000 }, spokenSeconds(textField(body, 'input').length))
  return { json: { audio_data: sound.toString('base64') } }
}

/** `POST /v1/ocr`: one page that says who wrote it. */
async function ocr(call: Call): Promise<Answer> {
  const body = await call.json()
  if (Object.keys(objectOf(body['document'])).length === 0) throw new Problem('missing_field', 'document')
  const page = { index: 0, markdown: 'This is the Ownkey sandbox: no page was read.', images: [], dimensions: null }
  const usage_info = { pages_processed: 1, doc_size_bytes: null }
  return { json: { pages: [page], model: modelField(body['model']), document_annotation: null, usage_info } }
}

export const mistralRoutes: readonly Route[] = [
  ...mistralKept,
  { method: 'POST', path: /^\/v1\/embeddings$/, answer: (call) => embeddings(call, { completion_tokens: 0 }) },
  { method: 'POST', path: /^\/v1\/fim\/completions$/, answer: fillIn },
  { method: 'POST', path: /^\/v1\/agents\/completions$/, answer: agent },
  { method: 'POST', path: /^\/v1\/conversations$/, answer: conversation },
  { method: 'POST', path: /^\/v1\/ocr$/, answer: ocr },
  { method: 'POST', path: /^\/v1\/audio\/speech$/, answer: speak },
  { method: 'POST', path: /^\/v1\/audio\/transcriptions$/, answer: transcription },
  {
    method: 'GET',
    path: /^\/v1\/models$/,
    answer: (call) => ({ json: { object: 'list', data: modelIds(call.provider).map(described) } }),
  },
  {
    method: 'GET',
    path: /^\/v1\/models\/(?<model>.+)$/,
    answer: (call) => ({ json: described(modelField(decodeURIComponent(call.parts['model'] ?? ''))) }),
  },
]

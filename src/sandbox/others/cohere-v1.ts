import { type Answer, type Call, listField, modelField, Problem, type Route, textField } from '../call.ts'
import { piecesOf, replyTo, secondsOf, transcriptOf } from '../content/reply.ts'
import { promptSize, promptTokens, tokensOf } from '../content/tokens.ts'

/** `POST /v1/chat`, the API before version 2: one message, whole or as lines of JSON. */
async function chat(call: Call): Promise<Answer> {
  const body = await call.json()
  const prompt = promptSize([textField(body, 'message'), body['chat_history'] ?? [], body['preamble'] ?? ''])
  const reply = replyTo({ prompt })
  const counted = { input_tokens: promptTokens(prompt), output_tokens: reply.tokens }
  const meta = { api_version: { version: '1' }, billed_units: counted, tokens: counted }
  const ids = { response_id: call.requestId, generation_id: call.requestId }
  const whole = { ...ids, text: reply.text, finish_reason: 'COMPLETE', chat_history: [], meta }
  if (body['stream'] !== true) return { json: whole }
  const line = (event_type: string, more: object, is_finished = false) =>
    `${JSON.stringify({ is_finished, event_type, ...more })}\n`
  return {
    headers: { 'content-type': 'application/stream+json' },
    pieces: [
      line('stream-start', { generation_id: call.requestId }),
      ...piecesOf(reply.text).map((text) => line('text-generation', { text })),
      line('stream-end', { finish_reason: 'COMPLETE', response: whole }, true),
    ],
    broken: line('stream-end', { finish_reason: 'ERROR', response: { ...whole, text: '(sandbox)' } }, true),
  }
}

/** `POST /v1/tokenize`: pieces of four characters, numbered. */
async function tokenize(call: Call): Promise<Answer> {
  const token_strings = textField(await call.json(), 'text').match(/.{1,4}/gsu) ?? []
  return { json: { tokens: token_strings.map((_, index) => index), token_strings, meta: {} } }
}

/** `POST /v1/detokenize` */
async function detokenize(call: Call): Promise<Answer> {
  const tokens = listField(await call.json(), 'tokens')
  return { json: { text: `(sandbox) ${tokens.length} tokens`, meta: {} } }
}

/** `POST /v2/audio/transcriptions` */
async function transcribe(call: Call): Promise<Answer> {
  const form = await call.form()
  modelField(form.fields['model'])
  const file = form.files[0]
  if (!file) throw new Problem('missing_field', 'file')
  return { json: { text: transcriptOf(file.bytes), duration: secondsOf(file.bytes), tokens: tokensOf(file.bytes) } }
}

export const cohereFirstRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/v1\/chat$/, answer: chat },
  { method: 'POST', path: /^\/v1\/tokenize$/, answer: tokenize },
  { method: 'POST', path: /^\/v1\/detokenize$/, answer: detokenize },
  { method: 'POST', path: /^\/v2\/audio\/transcriptions$/, answer: transcribe },
]

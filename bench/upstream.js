/**
 * The provider that the bench measures against, in a process of its own: as cheap as it can be, so that the proxies show.
 * `POST …/json` → 624 bytes of chat completion; `…/sse` → 50 events at once; `…/paced` → an event every 10 ms, 100 of them.
 * On Anthropic's and Gemini's paths the same in their words; whether as a stream, the request says.
 */
import { createServer } from 'node:http'

const usage = {
  prompt_tokens: 21,
  completion_tokens: 87,
  total_tokens: 108,
  prompt_tokens_details: { cached_tokens: 0 },
}
const answer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'gpt-bench',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'x'.repeat(280), refusal: null }, finish_reason: 'stop' },
    ],
    usage,
  }),
)
const event = (delta, rest = {}) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'gpt-bench', choices: [{ index: 0, delta, finish_reason: null }], ...rest })}\n\n`
const word = Buffer.from(event({ content: ' word' }))
const last = Buffer.from(`${event({}, { choices: [], usage })}data: [DONE]\n\n`)
const jsonHead = [
  'content-type',
  'application/json',
  'content-length',
  String(answer.length),
  'x-request-id',
  'req_bench',
  'openai-processing-ms',
  '12',
  'set-cookie',
  'a=b',
]
const sseHead = ['content-type', 'text/event-stream', 'cache-control', 'no-cache', 'x-request-id', 'req_bench']

const text = 'x'.repeat(280)
const anthropicUsage = { input_tokens: 21, output_tokens: 87 }
const message = (content, rest) => ({
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'claude-bench',
  content,
  stop_sequence: null,
  ...rest,
})
const named = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const googleUsage = { promptTokenCount: 21, candidatesTokenCount: 87, totalTokenCount: 108 }
const candidate = (said, rest) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: said }] }, ...rest }],
  modelVersion: 'gemini-bench',
  responseId: 'bench',
})
const data = (value) => `data: ${JSON.stringify(value)}\n\n`

/** What the native APIs answer: whole, and the same number of events as a stream. */
const native = {
  anthropic: {
    whole: Buffer.from(
      JSON.stringify(message([{ type: 'text', text }], { stop_reason: 'end_turn', usage: anthropicUsage })),
    ),
    first: Buffer.from(
      named({ type: 'message_start', message: message([], { stop_reason: null, usage: anthropicUsage }) }) +
        named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ),
    word: Buffer.from(named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' word' } })),
    last: Buffer.from(
      named({ type: 'content_block_stop', index: 0 }) +
        named({
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: anthropicUsage,
        }) +
        named({ type: 'message_stop' }),
    ),
  },
  google: {
    whole: Buffer.from(JSON.stringify({ ...candidate(text, { finishReason: 'STOP' }), usageMetadata: googleUsage })),
    first: Buffer.from(data(candidate(' word', {}))),
    word: Buffer.from(data(candidate(' word', {}))),
    last: Buffer.from(data({ ...candidate('', { finishReason: 'STOP' }), usageMetadata: googleUsage })),
  },
}

function answerNatively({ whole, first, word, last }, streams, res) {
  if (!streams) {
    res.writeHead(200, ['content-type', 'application/json', 'content-length', String(whole.length)])
    return void res.end(whole)
  }
  res.writeHead(200, sseHead)
  res.write(first)
  for (let i = 0; i < 48; i++) res.write(word)
  res.end(last)
}

const routes = {
  json: (res) => {
    res.writeHead(200, jsonHead)
    res.end(answer)
  },
  sse: (res) => {
    res.writeHead(200, sseHead)
    for (let i = 0; i < 49; i++) res.write(word)
    res.end(last)
  },
  paced: (res) => {
    res.writeHead(200, sseHead)
    let sent = 0
    const timer = setInterval(() => {
      if (++sent < 100) return void res.write(word)
      clearInterval(timer)
      res.end(last)
    }, 10)
  },
}

const asksForStream = Buffer.from('"stream":true')

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const kind = /\b(json|sse|paced)\b/.exec(`${req.url} ${req.headers['x-bench'] ?? ''}`)?.[1]
  if (req.url.includes('enerateContent')) {
    req.resume()
    req.on('end', () => answerNatively(native.google, req.url.includes('streamGenerateContent'), res))
    return
  }
  const isAnthropic = req.url.startsWith('/v1/messages')
  // Translated requests carry no header of the bench: their body says what they want.
  let streams = false
  if (isAnthropic || kind === undefined) req.on('data', (chunk) => (streams ||= chunk.includes(asksForStream)))
  else req.resume()
  req.on('end', () => {
    if (isAnthropic) answerNatively(native.anthropic, streams, res)
    else routes[kind ?? (streams ? 'sse' : 'json')](res)
  })
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => process.send?.({ port: server.address().port }))
process.on('disconnect', () => process.exit())

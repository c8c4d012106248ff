/**
 * The provider that the bench measures against, in a process of its own: as cheap as it can be, so that the proxies show.
 * `POST …/json` → 624 bytes of chat completion; `…/sse` → 50 events at once; `…/paced` → an event every 10 ms, 100 of them.
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

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const kind = /\b(json|sse|paced)\b/.exec(`${req.url} ${req.headers['x-bench'] ?? ''}`)?.[1] ?? 'json'
  req.resume()
  req.on('end', () => routes[kind](res))
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => process.send?.({ port: server.address().port }))
process.on('disconnect', () => process.exit())

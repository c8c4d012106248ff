/**
 * The load: a number of connections, each sending its next request when the last one is answered. Started with
 * `{origin, path, headers, model, bodyBytes, connections, requests, warmup, shortest}` as JSON (an answer that takes less than `shortest`
 * milliseconds is no answer); answers with latencies in milliseconds.
 */
import { Client } from 'undici'

const plan = JSON.parse(process.argv[2])
const body = Buffer.from(
  JSON.stringify({
    model: plan.model ?? 'gpt-bench',
    messages: [{ role: 'user', content: 'x'.repeat(Math.max(0, plan.bodyBytes - 90)) }],
    stream: plan.stream === true,
  }),
)

function request(client, headers) {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    let first
    let chunks = 0
    let status
    let tail = []
    client.dispatch(
      { path: plan.path, method: 'POST', headers, body },
      {
        onConnect: () => undefined,
        onHeaders: (code) => {
          status = code
          return true
        },
        onData: (chunk) => {
          first ??= performance.now() - started
          chunks++
          tail = [tail[1], chunk]
          return true
        },
        onComplete: () => {
          const total = performance.now() - started
          const problem = status !== 200 ? `status ${status}` : complaint(tail, total)
          if (problem === undefined) resolve({ first, total, chunks })
          else reject(new Error(problem))
        },
        onError: reject,
      },
    )
  })
}

const ends = { stop: '"finish_reason":"stop"', done: '[DONE]' }

/** What is wrong with an answer: a proxy that cuts, or takes another way through the upstream, is not measured. */
function complaint(tail, milliseconds) {
  const last = tail.map((chunk) => chunk?.toString('latin1') ?? '').join('')
  if (!last.includes(plan.stream ? ends.done : ends.stop)) return 'the answer has no end'
  return plan.shortest !== undefined && milliseconds < plan.shortest ? 'the stream was not paced' : undefined
}

async function run(clients, count) {
  const results = []
  let left = count
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) results.push(await request(client, plan.headers))
    }),
  )
  return results
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

const clients = Array.from(
  { length: plan.connections },
  () => new Client(plan.origin, { pipelining: 1, headersTimeout: 60_000 }),
)
await run(clients, plan.warmup)
process.send({ ready: true })
await new Promise((resolve) => process.once('message', resolve))
const started = performance.now()
const results = await run(clients, plan.requests)
const seconds = (performance.now() - started) / 1000
const total = results.map((one) => one.total).sort((a, b) => a - b)
const first = results.map((one) => one.first).sort((a, b) => a - b)
process.send({
  perSecond: results.length / seconds,
  p50: at(total, 0.5),
  p99: at(total, 0.99),
  firstP50: at(first, 0.5),
  chunks: results.reduce((sum, one) => sum + one.chunks, 0),
})
await Promise.all(clients.map((client) => client.destroy()))
process.disconnect()

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { openCall } from '../support/raw-call.ts'
import { head, json, signal } from '../support/upstream.ts'

const megabyte = 1024 * 1024
/** What a process may grow by while far more than that passes through it: buffers of sockets and a lazy collector, no body. */
const roomForBuffers = 70 * megabyte

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney({ process: 'child', upstream: { keepBodyBytes: 0 } })
  token = (await journey.newOrg()).token
  // Warm: what the process needs once is not growth.
  journey.upstream.on('/v1/files', json({ id: 'file-1' }))
  for (let n = 0; n < 3; n++) await upload(20 * megabyte, {})
})
afterAll(() => journey.close())

const auth = () => ({ authorization: `Bearer ${token}` })
const part = randomBytes(megabyte)

/** Sends so many bytes as fast as they are taken. @returns the answer and the hash of what was sent */
async function upload(bytes: number, headers: Record<string, string>) {
  const { hostname, port } = new URL(journey.ownkey.url)
  const call = request({
    hostname,
    port,
    path: '/openai/v1/files',
    method: 'POST',
    agent: false,
    headers: { ...auth(), ...headers },
  })
  const answered = once(call, 'response') as Promise<[IncomingMessage]>
  const hash = createHash('sha256')
  for (let sent = 0; sent < bytes; sent += part.length) {
    const next = part.subarray(0, Math.min(part.length, bytes - sent))
    hash.update(next)
    if (!call.write(next)) await once(call, 'drain')
  }
  call.end()
  const [answer] = await answered
  answer.resume()
  return { status: answer.statusCode, sha256: hash.digest('hex') }
}

/** The most that the process grew by while the work was under way. */
async function growthDuring(work: Promise<unknown>): Promise<number> {
  const before = journey.ownkey.memory()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, journey.ownkey.memory())
  }, 20)
  await work.finally(() => clearInterval(watch))
  return most - before
}

test.each([
  [
    'with a length',
    () => ({ 'content-length': String(200 * megabyte), 'content-type': 'multipart/form-data; boundary=x' }),
  ],
  ['in chunks', () => ({ 'transfer-encoding': 'chunked', 'content-type': 'multipart/form-data; boundary=x' })],
])(
  'an upload of 200 MB %s streams through: the provider gets the same bytes, the process does not hold them',
  async (name, headers) => {
    const order = journey.upstream.journal.requests.length
    const sending = upload(200 * megabyte, headers())
    expect(await growthDuring(sending)).toBeLessThan(roomForBuffers)
    const seen = await journey.upstream.journal.request(order)
    const { status, sha256 } = await sending
    expect(status).toBe(200)
    expect(seen.bodyBytes).toBe(200 * megabyte)
    expect(seen.bodySha256).toBe(sha256)
    expect([seen.header('content-length'), seen.header('transfer-encoding')]).toEqual(
      name === 'with a length' ? [String(200 * megabyte), undefined] : [undefined, 'chunked'],
    )
  },
)

test('a provider that reads nothing slows the caller down', async () => {
  const goOn = signal()
  const undo = journey.upstream.on('/v1/files', {
    reads: 'never',
    answer: async (exchange) => {
      await goOn.raised
      exchange.reset()
    },
  })
  const order = journey.upstream.journal.requests.length
  const { hostname, port } = new URL(journey.ownkey.url)
  const headers = { ...auth(), 'content-length': String(400 * megabyte) }
  const call = request({ hostname, port, path: '/openai/v1/files', method: 'POST', agent: false, headers })
  call.on('error', () => {})
  const before = journey.ownkey.memory()
  await (async () => {
    let taken = true
    while (taken) {
      taken = call.write(part)
      // Not taken at once, and not within two seconds either: the way is full.
      if (!taken)
        taken = await Promise.race([
          once(call, 'drain').then(() => true),
          new Promise<boolean>((resolve) => setTimeout(resolve, 2000, false)),
        ])
    }
  })()
  expect((call.socket?.bytesWritten ?? 0) - call.writableLength).toBeLessThan(40 * megabyte)
  expect(journey.ownkey.memory() - before).toBeLessThan(roomForBuffers)
  await journey.upstream.journal.request(order)
  goOn.raise()
  call.destroy()
  undo()
})

test('a caller that reads nothing slows the provider down', async () => {
  const written = { bytes: 0 }
  const undo = journey.upstream.on('/v1/files/big/content', {
    reads: 'first',
    answer: async (exchange) => {
      await head(200, { 'content-type': 'application/octet-stream' })(exchange)
      const full = async () => {
        for (let sent = 0; sent < 400; sent++) {
          if (!exchange.response.write(part))
            await Promise.race([once(exchange.response, 'drain'), exchange.request.ended])
          if (exchange.response.destroyed) return
          written.bytes += part.length
        }
      }
      await full()
    },
  })
  const before = journey.ownkey.memory()
  const answer = await openCall(journey.ownkey.url, { path: '/openai/v1/files/big/content', headers: auth() })
  answer.on('error', () => {})
  let last = -1
  const stands = () => {
    const before = last
    last = written.bytes
    return before === last
  }
  await expect.poll(stands, { interval: 500, timeout: 15_000 }).toBe(true)
  expect(written.bytes).toBeGreaterThan(0)
  expect(written.bytes).toBeLessThan(40 * megabyte)
  expect(journey.ownkey.memory() - before).toBeLessThan(roomForBuffers)
  answer.destroy()
  await journey.upstream.journal.requests.at(-1)?.ended
  undo()
})

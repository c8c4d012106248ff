/** A real `ownkey serve` in a process of its own, and callers that mean harm: nobody else may notice. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let ownkey: RunningOwnkey
let upstream: Upstream
let token: string

beforeAll(async () => {
  upstream = await startUpstream()
  ownkey = await startOwnkey({
    process: 'child',
    config: {
      gateway: { maxBodyBytes: 2_000_000, bodyIdleSeconds: 1 },
      providers: { openai: { platformKey: canaryPlatformKey, baseUrl: upstream.origin } },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: {} },
    },
  })
  await ownkey.putOrg('acme')
  token = await ownkey.token({ org: 'acme', feature: 'assistant' })
})
afterAll(async () => {
  await ownkey?.close()
  await upstream?.close()
})

interface Caller {
  socket: Socket
  text(): string
  /** All that came, once the server has ended it. */
  ended: Promise<string>
}

function call(first = ''): Promise<Caller> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(ownkey.url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('latin1')
    })
    socket.on('error', () => {})
    const ended = new Promise<string>((done) => socket.on('close', () => done(text)))
    socket.once('connect', () => {
      socket.write(first)
      resolve({ socket, text: () => text, ended })
    })
  })
}

/** Writes the same bytes again and again, as fast as the server takes them, until it ends the connection. */
async function pour(first: string, again: string): Promise<string> {
  const { socket, ended } = await call(first)
  const more = () => {
    while (!socket.destroyed && socket.write(again));
  }
  socket.on('drain', more)
  more()
  return ended
}

const post = (path: string, headers: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n${headers}\r\n`
const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
const alive = async () => (await fetch(`${ownkey.url}/readyz`)).status

describe('hostile connections', () => {
  test.each(['/api/v1/orgs', '/openai/v1/chat/completions'])(
    'a head of more than 32 KB to %s is refused with 431',
    async (path) => {
      expect(await pour(post(path, 'X-Big: '), 'x'.repeat(10_000))).toMatch(/^HTTP\/1.1 431 /)
    },
  )

  test('an endless body to the control API is ended at once', async () => {
    const answer = await pour(
      post('/api/v1/tokens', 'Transfer-Encoding: chunked\r\n').replace(token, ownkey.adminToken),
      chunk,
    )
    // Whoever goes on sending may miss the answer, because the connection is closed.
    expect(answer).toMatch(/^(HTTP\/1.1 413 [\s\S]*body_too_large[\s\S]*)?$/)
    expect(await alive()).toBe(200)
  })

  test('an endless body to the gateway is refused with 413 at its bound', async () => {
    const before = ownkey.memory()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        pour(post('/openai/v1/chat/completions', 'Transfer-Encoding: chunked\r\n'), chunk),
      ),
    )
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 413 [\s\S]*body_too_large/)
    // Twenty bodies of 2 MB at most, and what the collector has not got round to.
    expect(ownkey.memory() - before).toBeLessThan(200_000_000)
  })

  test('an endless body without a token is refused before it is read', async () => {
    const answer = await pour(
      'POST /openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      chunk,
    )
    expect(answer).toMatch(/^HTTP\/1.1 401 [\s\S]*token_missing/)
  })

  test('a body that stalls is answered with 408', async () => {
    const { ended } = await call(`${post('/openai/v1/chat/completions', 'Content-Length: 5000\r\n')}{"model":`)
    expect(await ended).toMatch(/^HTTP\/1.1 408 [\s\S]*request_stalled/)
  })

  test('5 000 idle connections and 200 slow heads hinder nobody, cost little, and are ended', async () => {
    const before = ownkey.memory()
    const idle: Caller[] = []
    for (let round = 0; round < 50; round++)
      idle.push(...(await Promise.all(Array.from({ length: 100 }, () => call()))))
    const slow = await Promise.all(Array.from({ length: 200 }, () => call('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')))
    const drip = setInterval(() => {
      for (const { socket } of slow) socket.write('x')
    }, 1_000)
    expect(await alive()).toBe(200)
    expect(ownkey.memory() - before).toBeLessThan(250_000_000)
    // Nobody is needed to end them: a head must be there within 20 seconds.
    for (const text of await Promise.all(slow.map(({ ended }) => ended))) expect(text).toMatch(/^HTTP\/1.1 408 /)
    clearInterval(drip)
    await Promise.all(idle.map(({ ended }) => ended))
    expect(await alive()).toBe(200)
  })
})

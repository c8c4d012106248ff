import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { type OpenSocket, open, watch } from '../support/socket-client.ts'
import { signal } from '../support/upstream.ts'

/** What passes once a session is open, and every way in which it ends. */
let journey: Journey
const maxMessageBytes = 1024 * 1024
const soonMs = 5_000

beforeAll(async () => {
  journey = await startJourney({
    more: {
      gateway: {
        privateHosts: ['127.0.0.1'],
        realtime: { maxMessageBytes, idleTimeoutSeconds: 20, handshakeTimeoutSeconds: 10 },
      },
    },
  })
})
afterAll(() => journey.close())

interface Pair {
  org: string
  token: string
  caller: OpenSocket
  provider: OpenSocket
}

let routes = 0

/** A session with both its ends in the test's hands; each on a route of its own. */
async function openPair({ plan }: { plan?: string } = {}): Promise<Pair> {
  const { org, token } = await journey.newOrg(plan)
  const path = `/v1/realtime/${++routes}`
  let accepted: (socket: OpenSocket) => void = () => {}
  const provider = new Promise<OpenSocket>((resolve) => {
    accepted = resolve
  })
  journey.upstream.onUpgrade(path, (websocket) => accepted(watch(websocket)))
  const headers = { authorization: `Bearer ${token}` }
  const caller = await open(journey.ownkey.url, { path: `/openai${path}?model=m`, headers })
  return { org, token, caller, provider: await provider }
}

const entryOf = async (org: string) => (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0]

describe('what passes', () => {
  test('is the same on both sides: texts, bytes, empty ones, and fragments as one message', async () => {
    const { caller, provider } = await openPair()
    const messages = ['', 'äöü 🙂 "x"', Buffer.alloc(0), Buffer.from([0, 255, 1]), Buffer.alloc(300_000, 7)]
    for (const [from, to] of [
      [caller, provider],
      [provider, caller],
    ] as const) {
      for (const message of messages) from.websocket.send(message)
      from.websocket.send('{"in ', { fin: false })
      from.websocket.send('three ', { fin: false })
      from.websocket.send('pieces":1}')
      const received = await to.messages(messages.length + 1)
      expect(received.map(({ isBinary }) => isBinary)).toEqual([false, false, true, true, true, false])
      for (const [index, message] of messages.entries())
        expect(received[index]?.data.equals(Buffer.from(message as string))).toBe(true)
      expect(received.at(-1)?.data.toString()).toBe('{"in three pieces":1}')
    }
    caller.websocket.close()
  })

  test('includes pings and pongs, which the other end answers and not Ownkey', async () => {
    const { caller, provider } = await openPair()
    for (const [from, to] of [
      [caller.websocket, provider.websocket],
      [provider.websocket, caller.websocket],
    ] as const) {
      const pinged = new Promise<string>((resolve) => to.once('ping', (data) => resolve(data.toString())))
      const ponged = new Promise<string>((resolve) => from.once('pong', (data) => resolve(data.toString())))
      let pongs = 0
      from.on('pong', () => pongs++)
      from.ping('beat')
      expect([await pinged, await ponged]).toEqual(['beat', 'beat'])
      // What the other end says after its answer comes after it: there was no second one.
      const said = new Promise((resolve) => from.once('message', resolve))
      to.send('said')
      await said
      expect(pongs).toBe(1)
    }
    caller.websocket.close()
  })

  test('never holds the key: not in a text, not in bytes, not in a reason, whole, encoded or masked', async () => {
    const { caller, provider } = await openPair()
    const key = canaryKeys.openai
    const leaks = [
      `{"type":"session.created","echo":"${key}"}`,
      Buffer.from(`{"binary":"${Buffer.from(key).toString('base64')}"}`),
      `{"type":"error","error":{"message":"Incorrect API key provided: ${key.slice(0, 9)}****${key.slice(-4)}."}}`,
      key,
    ]
    for (const leak of leaks) provider.websocket.send(leak)
    provider.websocket.close(4001, `bad key ${key}`)
    const { code, reason } = await caller.ended
    expect([code, reason]).toEqual([4001, 'bad key [key removed]'])
    expect(caller.received).toHaveLength(leaks.length)
    expect(caller.text()).not.toContain('Qz7X')
    expect(caller.text()).not.toContain(Buffer.from(key).toString('base64').slice(0, 12))
  })
})

describe('the slower side sets the pace', () => {
  const message = Buffer.alloc(512 * 1024, 5)
  const count = 160
  // What fits into the sockets' buffers on the way and Ownkey's own, generously; the whole is 80 MB.
  const mostOnTheWay = 40

  test.each(['caller', 'provider'] as const)('when it is the %s', async (slow) => {
    const { caller, provider } = await openPair()
    const [reader, writer] = slow === 'caller' ? [caller, provider] : [provider, caller]
    reader.websocket.pause()
    let sent = 0
    for (let i = 0; i < count; i++) writer.websocket.send(message, () => sent++)
    await settled(() => sent)
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThan(mostOnTheWay)
    reader.websocket.resume()
    const received = await reader.messages(count)
    expect(received.every(({ data }) => data.equals(message))).toBe(true)
    caller.websocket.close()
  })

  /** Resolves once a number has stopped growing. */
  async function settled(read: () => number): Promise<void> {
    let before = -1
    await expect
      .poll(
        () => {
          const same = read() === before
          before = read()
          return same && before > 0
        },
        { interval: 300, timeout: 10_000 },
      )
      .toBe(true)
  }
})

describe('a session ends', () => {
  const closes = [
    [1000, 'done'],
    [1001, ''],
    [1011, 'server error'],
    [3005, 'vendor’s own'],
    [4999, ''],
  ] as const

  test.each(closes)('with the caller’s code %i and reason "%s" at the provider', async (code, reason) => {
    const { caller, provider } = await openPair()
    caller.websocket.close(code, reason)
    expect(await provider.ended).toEqual({ code, reason })
  })

  test.each(closes)('with the provider’s code %i and reason "%s" at the caller', async (code, reason) => {
    const { caller, provider } = await openPair()
    provider.websocket.send('the last word')
    provider.websocket.close(code, reason)
    expect(await caller.ended).toEqual({ code, reason })
    expect(caller.text()).toBe('the last word')
  })

  test('without a code on either side', async () => {
    for (const closing of ['caller', 'provider'] as const) {
      const pair = await openPair()
      pair[closing].websocket.close()
      const other = closing === 'caller' ? pair.provider : pair.caller
      expect(await other.ended).toEqual({ code: 1005, reason: '' })
    }
  })

  test('at once when either connection breaks, behind what came before', async () => {
    const first = await openPair()
    first.caller.websocket.terminate()
    expect((await first.provider.ended).code).toBe(1006)
    await expect.poll(() => entryOf(first.org)).toMatchObject({ state: 'settled', status: 101 })

    const second = await openPair()
    second.provider.websocket.send('{"type":"session.created"}')
    second.provider.websocket.send('said before', () => second.provider.websocket.terminate())
    expect((await second.caller.ended).code).toBe(1006)
    expect(second.caller.text()).toContain('said before')
    await expect.poll(() => entryOf(second.org)).toMatchObject({ state: 'settled', errorClass: 'provider_error' })
  })

  test('soon after the provider’s connection breaks, also for a caller who reads nothing and ends nothing', async () => {
    const { org, caller, provider } = await openPair()
    caller.websocket.pause()
    provider.websocket.send('{"type":"session.created"}', () => provider.websocket.terminate())
    await expect
      .poll(() => entryOf(org), { timeout: 10_000 })
      .toMatchObject({ state: 'settled', errorClass: 'provider_error' })
    caller.websocket.terminate()
  })

  test('when a message is larger than the limit, whoever sends it', async () => {
    const tooLarge = Buffer.alloc(maxMessageBytes + 1)
    const first = await openPair()
    first.caller.websocket.send(tooLarge)
    expect((await first.caller.ended).code).toBe(1009)
    expect(await first.provider.ended).toEqual({ code: 1001, reason: '' })
    expect(first.provider.received).toHaveLength(0)

    const second = await openPair()
    second.provider.websocket.send(tooLarge)
    expect(await second.caller.ended).toEqual({ code: 1009, reason: 'A message of the provider is too large.' })
    await second.provider.ended
  })

  test('when a side breaks the protocol', async () => {
    const { caller, provider } = await openPair()
    rawSocketOf(provider.websocket).write(Buffer.from([0x83, 0x00]))
    expect(await caller.ended).toEqual({ code: 1002, reason: 'The provider broke the WebSocket protocol.' })
  })

  test('uncharged, when the provider only says that the key is wrong', async () => {
    const { caller, provider, org } = await openPair()
    provider.websocket.send('{"type":"error","error":{"code":"invalid_api_key","message":"wrong"}}')
    provider.websocket.close(3000, 'invalid_request_error.invalid_api_key')
    await caller.ended
    await expect.poll(() => entryOf(org)).toMatchObject({ state: 'released', errorClass: 'invalid_key' })
  })

  function rawSocketOf(websocket: WebSocket): { write(bytes: Buffer): void } {
    return (websocket as unknown as { _socket: { write(bytes: Buffer): void } })._socket
  }
})

test.each([
  ['breaks off', (websocket: WebSocket) => websocket.terminate()],
  ['ends its half', (_websocket: WebSocket, socket: Socket) => socket.end()],
])('a caller who %s before the upgrade is answered takes the provider’s connection along', async (_how, leave) => {
  const { org, token } = await journey.newOrg()
  const arrived = signal<Socket>()
  const silent = createServer((socket) => arrived.raise(socket.on('error', () => {}).resume()))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  await journey.ownkey.putKey(org, 'openai', canaryKeys.openai, { baseUrl })
  const callers = connect({ port: Number(new URL(journey.ownkey.url).port), allowHalfOpen: true })
  const left = new Promise((resolve) => callers.once('close', resolve))
  const leaving = new WebSocket(`${journey.ownkey.url.replace('http', 'ws')}/openai/v1/realtime`, {
    headers: { authorization: `Bearer ${token}` },
    createConnection: () => callers,
  })
  leaving.on('error', () => {})
  const socket = await arrived.raised
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const at = performance.now()
  leave(leaving, callers)
  await closed
  // Its own connection is closed from both ends.
  await left
  expect(performance.now() - at).toBeLessThan(soonMs)
  // The provider and the key have not failed.
  await expect.poll(() => entryOf(org)).toMatchObject({ state: 'released', status: null, errorClass: null })
  silent.close()
})

describe('the right to a key ends its sessions within 5 s', () => {
  const api = (method: string, path: string, body?: unknown) => journey.ownkey.api(method, path, body)

  const ways: [string, string | RegExp, (pair: Pair) => Promise<unknown>][] = [
    ['its removal', 'The provider key was removed.', ({ org }) => api('DELETE', `/orgs/${org}/keys/openai`)],
    [
      'its replacement',
      'The provider key was replaced.',
      ({ org }) => journey.ownkey.putKey(org, 'openai', `${canaryKeys.openai}2`),
    ],
    ['its disabling', 'The provider key was disabled.', ({ org }) => api('POST', `/orgs/${org}/keys/openai/disable`)],
    [
      'the end of the organization',
      /organization was deleted|token was revoked/,
      ({ org }) => api('DELETE', `/orgs/${org}`),
    ],
    [
      'the revocation of the token',
      'The Ownkey token was revoked.',
      async ({ org }) => {
        const tokens = (await api('GET', '/tokens')).body.items as { id: string; org: string }[]
        return api('DELETE', `/tokens/${tokens.find((one) => one.org === org)?.id}`)
      },
    ],
    [
      'own keys being switched off',
      'byok_disabled',
      ({ org }) => api('PUT', `/orgs/${org}`, { name: org, plan: 'required', byokEnabled: false }),
    ],
  ]

  test.concurrent.each(ways)('%s', async (_name, why, end) => {
    const pair = await openPair()
    const untouched = await openPair()
    const at = performance.now()
    await end(pair)
    const { code, reason } = await pair.caller.ended
    expect([code, reason]).toEqual([1008, expect.stringMatching(why)])
    // Why is nothing that the provider has to know.
    expect(await pair.provider.ended).toEqual({ code: 1000, reason: '' })
    expect(performance.now() - at).toBeLessThan(soonMs)
    expect(untouched.caller.websocket.readyState).toBe(untouched.caller.websocket.OPEN)
    untouched.caller.websocket.close()
  })
})

test('a session on which nothing passes is ended, and so are all when the server goes', async () => {
  const other = await startJourney({
    more: { gateway: { realtime: { idleTimeoutSeconds: 1 } } },
  })
  const own = await other.newOrg()
  other.upstream.onUpgrade('/v1/realtime', () => {})
  other.upstream.onUpgrade('/v1/realtime/busy', (socket) => {
    const beat = setInterval(() => socket.ping(), 100)
    socket.once('close', () => clearInterval(beat))
  })
  const headers = { authorization: `Bearer ${own.token}` }
  const idle = await open(other.ownkey.url, { path: '/openai/v1/realtime', headers })
  const busy = await open(other.ownkey.url, { path: '/openai/v1/realtime/busy', headers })
  expect(await idle.ended).toEqual({ code: 1001, reason: 'Nothing was sent for 1 seconds.' })
  await other.close()
  expect(await busy.ended).toEqual({ code: 1001, reason: 'The server is shutting down.' })
})

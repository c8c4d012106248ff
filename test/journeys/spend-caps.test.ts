import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { canaryPlatformKey } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, journeyConfig, startJourney } from '../support/journey.ts'
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { open as openSocket, refusal } from '../support/socket-client.ts'
import { type Answer, json, signal, sse, until } from '../support/upstream.ts'

/** A thousand tokens out cost 0.1 USD. */
const more = {
  prices: { openai: { 'test-*': { input: 0, output: 100 } }, elevenlabs: { '*': { audioMinute: 60 } } },
  plans: {
    capped: { verify: 'format_only', fallback: { mode: 'never' }, caps: [{ limit: 0.95 }] },
    small: { verify: 'format_only', fallback: { mode: 'never' }, caps: [{ limit: 0.15 }] },
    falling: { verify: 'format_only', fallback: { mode: 'always', cap: { limit: 0.15 } } },
  },
}
const path = '/v1/chat/completions'
const body = (tokens: number, stream = false) =>
  JSON.stringify({ model: 'test-1', messages: [], max_tokens: tokens, stream })

/** Uses as many tokens as the request allows. */
const spending: Answer = async (exchange) => {
  const { max_tokens: completion_tokens, stream } = JSON.parse((await exchange.request.body()).toString())
  const usage = { prompt_tokens: 0, completion_tokens }
  const event = { data: { choices: [{ delta: { content: 'well' } }] } }
  await (stream ? sse([event, { data: { choices: [], usage } }, '[DONE]']) : json({ choices: [], usage }))(exchange)
}

type Gate = ReturnType<typeof signal>
/** Spends when the gate is open. */
const behind =
  (gate: Gate): Answer =>
  async (exchange) => {
    await until(gate.raised)(exchange)
    await spending(exchange)
  }

async function call(url: string, token: string, sent: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return rawCall(url, { method: 'POST', path: `/openai${path}`, headers, body: sent })
}

async function waitingIn(ownkey: RunningOwnkey): Promise<number> {
  const answer = await fetch(`${ownkey.url}/metrics`, { headers: { authorization: `Bearer ${ownkey.adminToken}` } })
  return Number(/^ownkey_spend_cap_waiting_requests (\d+)$/m.exec(await answer.text())?.[1])
}

const soon = { timeout: 10_000, interval: 20 }
const waits = (ownkey: RunningOwnkey, count: number) => expect.poll(() => waitingIn(ownkey), soon).toBe(count)
const codes = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).sort()

describe.each(databaseKinds)('requests at once under a spend cap on %s', (database) => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startJourney({ database, more })
  })
  afterAll(() => journey?.close())

  const sent = () => journey.upstream.journal.requests.length
  const ask = (token: string, tokens = 1_000, stream = false) => call(journey.ownkey.url, token, body(tokens, stream))

  test.each([
    ['answers', false],
    ['streams', true],
  ])('spend the cap and one answer at most, and none is refused that had room: %s', async (_name, stream) => {
    const gate = signal()
    const undo = journey.upstream.on(path, behind(gate))
    const { token } = await journey.newOrg('capped')
    const before = sent()
    const crowd = Array.from({ length: 60 }, () => ask(token, 1_000, stream))
    await waits(journey.ownkey, 60 - 9)
    await expect.poll(sent, soon).toBe(before + 9)
    gate.raise()
    expect(codes(await Promise.all(crowd))).toEqual([...Array(10).fill(200), ...Array(50).fill(402)])
    expect(sent() - before).toBe(10)
    undo()
  })

  test('wait for their model where it stands behind a long prompt, and then for each other', async () => {
    const gate = signal()
    const undo = journey.upstream.on(path, behind(gate))
    const { token } = await journey.newOrg('small')
    const before = sent()
    const messages = [{ role: 'user', content: 'x'.repeat(300_000) }]
    const late = JSON.stringify({ max_tokens: 1_000, messages, model: 'test-1' })
    const crowd = Array.from({ length: 6 }, () => call(journey.ownkey.url, token, late))
    await waits(journey.ownkey, 5)
    expect(sent()).toBe(before + 1)
    gate.raise()
    expect(codes(await Promise.all(crowd))).toEqual([200, 200, 402, 402, 402, 402])
    undo()
  })

  test('are as many as ever when one follows the other, whatever they let expect', async () => {
    const undo = journey.upstream.on(path, json({ choices: [], usage: { prompt_tokens: 0, completion_tokens: 1_000 } }))
    const { token } = await journey.newOrg('capped')
    const statuses: number[] = []
    for (let n = 0; n < 11; n++) statuses.push((await ask(token, 8_000)).status)
    expect(statuses).toEqual([...Array(10).fill(200), 402])
    undo()
  })

  test('leave their place to the next when their caller leaves, and are not sent', async () => {
    const gate = signal()
    const undo = journey.upstream.on(path, behind(gate))
    const { token } = await journey.newOrg('small')
    const before = sent()
    const first = ask(token)
    await expect.poll(sent, soon).toBe(before + 1)
    const { hostname, port } = new URL(journey.ownkey.url)
    const leaving = request({
      hostname,
      port,
      method: 'POST',
      path: `/openai${path}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      agent: false,
    })
    leaving.on('error', () => {})
    leaving.end(body(1_000))
    await waits(journey.ownkey, 1)
    const small = ask(token, 400)
    await waits(journey.ownkey, 2)
    leaving.destroy()
    await expect.poll(sent, soon).toBe(before + 2)
    expect(await waitingIn(journey.ownkey)).toBe(0)
    gate.raise()
    expect(codes(await Promise.all([first, small]))).toEqual([200, 200])
    expect(sent()).toBe(before + 2)
    undo()
  })

  test('get the room back that a failed one held', async () => {
    const gate = signal()
    const undo = journey.upstream.on(path, async (exchange) => {
      await until(gate.raised)(exchange)
      await json({ error: { message: 'down' } }, { status: 500 })(exchange)
    })
    const { token } = await journey.newOrg('small')
    const crowd = [ask(token), ask(token)]
    await waits(journey.ownkey, 1)
    gate.raise()
    expect(codes(await Promise.all(crowd))).toEqual([500, 500])
    undo()
    const undoSpending = journey.upstream.on(path, spending)
    expect(codes([await ask(token), await ask(token), await ask(token)])).toEqual([200, 200, 402])
    undoSpending()
  })

  test('fall back one after the other where the fallback’s cap has room for one', async () => {
    const gate = signal()
    const refused = json({ error: { code: 'invalid_api_key', message: 'no' } }, { status: 401 })
    const undo = journey.upstream.on(path, (exchange) =>
      (exchange.request.header('authorization')?.includes(canaryPlatformKey) ? behind(gate) : refused)(exchange),
    )
    const { token } = await journey.newOrg('falling')
    const crowd = Array.from({ length: 6 }, () => ask(token))
    await waits(journey.ownkey, 5)
    gate.raise()
    // Without room on the platform's key the own key's error is the answer.
    expect(codes(await Promise.all(crowd))).toEqual([200, 200, 401, 401, 401, 401])
    undo()
  })

  test('count sockets too: others wait for one that has used up the rest, and for its end', async () => {
    const realtime = '/openai/v1/realtime?model=test-1'
    const dialled: WebSocket[] = []
    const undo = [
      journey.upstream.on(path, spending),
      journey.upstream.onUpgrade(/realtime/, (socket) => {
        dialled.push(socket)
        socket.send('{"type":"session.created"}')
      }),
    ]
    const { token } = await journey.newOrg('capped')
    const options = { path: realtime, headers: { authorization: `Bearer ${token}` } }
    const one = await openSocket(journey.ownkey.url, options)
    await one.messages(1)
    expect((await ask(token, 1)).status).toBe(200)
    const usage = { input_tokens: 0, output_tokens: 9_000 }
    dialled[0]?.send(JSON.stringify({ type: 'response.done', response: { usage } }))
    await one.messages(2)
    const answer = ask(token)
    await waits(journey.ownkey, 1)
    const two = refusal(journey.ownkey.url, options)
    await waits(journey.ownkey, 2)
    one.websocket.close()
    expect((await answer).status).toBe(200)
    const refused = await two
    expect([refused.status, refused.headers['ownkey-error'], dialled.length]).toEqual([402, 'spend_cap_reached', 1])
    for (const each of undo) each()
  })

  const reached = { code: 1008, reason: expect.stringMatching(/^spend_cap_reached: .* is spent\./) }
  const costOf = async (org: string) => {
    const { total } = (await journey.ownkey.api('GET', `/orgs/${org}/usage`)).body
    return Number(total.costs[0]?.amount)
  }

  test('end the socket that reached the cap by itself, and all others under it', async () => {
    const dialled: WebSocket[] = []
    const undo = journey.upstream.onUpgrade(/realtime/, (socket) => {
      dialled.push(socket)
      socket.send('{"type":"session.created"}')
    })
    const { org, token } = await journey.newOrg('capped')
    const options = { path: '/openai/v1/realtime?model=test-1', headers: { authorization: `Bearer ${token}` } }
    const spends = (socket: WebSocket | undefined, output_tokens: number) =>
      socket?.send(JSON.stringify({ type: 'response.done', response: { usage: { input_tokens: 0, output_tokens } } }))
    const one = await openSocket(journey.ownkey.url, options)
    await one.messages(1)
    spends(dialled[0], 4_000)
    const two = await openSocket(journey.ownkey.url, options)
    await two.messages(1)
    spends(dialled[1], 4_000)
    spends(dialled[0], 1_000)
    // Together they have spent 0.9 of 0.95.
    await Promise.all([one.messages(3), two.messages(2)])
    expect(one.websocket.readyState).toBe(one.websocket.OPEN)
    spends(dialled[0], 1_000)
    expect(await one.ended).toEqual(reached)
    expect(await two.ended).toEqual(reached)
    expect((await refusal(journey.ownkey.url, options)).status).toBe(402)
    await expect.poll(() => costOf(org), soon).toBe(1)
    undo()
  })

  test('end a socket that is paid by the minute when its time is worth the cap', async () => {
    const undo = journey.upstream.onUpgrade(/realtime/, () => {})
    const { org, token } = await journey.newOrg('small')
    const path = '/elevenlabs/v1/speech-to-text/realtime?model_id=scribe'
    const socket = await openSocket(journey.ownkey.url, { path, headers: { 'xi-api-key': token } })
    expect(await socket.ended).toEqual(reached)
    await expect.poll(() => costOf(org), soon).toBeGreaterThanOrEqual(0.15)
    undo()
  })
})

test('on two nodes a crowd passes a cap by what was not written yet, and one request for each node', async () => {
  const shared = await createTestDatabase()
  const env = { DATABASE_URL: shared.url, BYOK_ENCRYPTION_KEY: randomBytes(32).toString('base64') }
  const journey = await startJourney({ env, more })
  const other = await startOwnkey({ config: journeyConfig(journey.upstream.origin, more), env })
  const [first, second] = [signal(), signal()]
  const undo = journey.upstream.on(path, (exchange) =>
    behind(journey.upstream.journal.requests.length <= 8 ? first : second)(exchange),
  )
  const { org, token } = await journey.newOrg('capped')
  const sent = () => journey.upstream.journal.requests.length
  const crowd = [journey.ownkey, other].flatMap(({ url }) =>
    Array.from({ length: 30 }, () => call(url, token, body(1_000))),
  )
  await waits(journey.ownkey, 26)
  await waits(other, 26)
  await expect.poll(sent, soon).toBe(8)
  first.raise()
  // Each alone, because its part of the room is not used up yet.
  await expect.poll(sent, soon).toBe(10)
  const spent = async () => {
    const { body: told } = await other.api('POST', `/orgs/${org}/explain`, { feature: 'assistant', preflight: true })
    return told.capsLeft[0]?.spent
  }
  await expect.poll(spent, soon).toBe('0.8')
  second.raise()
  const served = codes(await Promise.all(crowd)).filter((status) => status === 200).length
  expect(served).toBeGreaterThanOrEqual(10)
  expect(served).toBeLessThanOrEqual(10 + 2)
  undo()
  await other.close()
  await journey.close()
  await shared.drop()
})

describe('three nodes pass a cap', () => {
  let shared: TestDatabase
  let journey: Journey
  let nodes: RunningOwnkey[]
  beforeAll(async () => {
    shared = await createTestDatabase()
    const env = { DATABASE_URL: shared.url, BYOK_ENCRYPTION_KEY: randomBytes(32).toString('base64') }
    journey = await startJourney({ env, more })
    const start = () => startOwnkey({ config: journeyConfig(journey.upstream.origin, more), env })
    nodes = [journey.ownkey, await start(), await start()]
  })
  afterAll(async () => {
    for (const node of nodes?.slice(1) ?? []) await node.close()
    await journey?.close()
    await shared?.drop()
  })

  const sent = () => journey.upstream.journal.requests.length
  /** Of 0.95 that are left, a third has room for three answers of 0.1. */
  const part = 3
  const crowds = (some: readonly RunningOwnkey[], token: string) =>
    some.flatMap(({ url }) => Array.from({ length: 12 }, () => call(url, token, body(1_000))))
  const servedOf = async (crowd: ReturnType<typeof crowds>) =>
    codes(await Promise.all(crowd)).filter((status) => status === 200).length

  test('by one request each, where their crowds come and go together', async () => {
    const gate = signal()
    const undo = journey.upstream.on(path, behind(gate))
    const { token } = await journey.newOrg('capped')
    const before = sent()
    const crowd = crowds(nodes, token)
    for (const node of nodes) await waits(node, 12 - part)
    expect(sent() - before).toBe(3 * part)
    gate.raise()
    const served = await servedOf(crowd)
    expect(served).toBeGreaterThanOrEqual(10)
    expect(served).toBeLessThanOrEqual(3 * part + 3)
    undo()
  })

  test('by the parts of two, where those have long answers under way while the third spends all that it sees', async () => {
    const gate = signal()
    const undo = journey.upstream.on(path, behind(gate))
    const { token } = await journey.newOrg('capped')
    const before = sent()
    const [third, ...busy] = nodes as [RunningOwnkey, ...RunningOwnkey[]]
    const long = crowds(busy, token)
    for (const node of busy) await waits(node, 12 - part)
    expect(sent() - before).toBe(2 * part)
    const open = journey.upstream.on(path, spending)
    expect(await servedOf(crowds([third], token))).toBe(10)
    open()
    // The others have seen it.
    for (const node of busy) await waits(node, 0)
    gate.raise()
    expect(await servedOf(long)).toBe(2 * part)
    expect(sent() - before).toBe(10 + 2 * part)
    undo()
  })
})

/** C10: the node's clock is set an hour ahead or back. What is a duration goes on; what is a date goes by the new clock. */
import { request } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { rawCall } from '../support/raw-call.ts'
import { open } from '../support/socket-client.ts'
import { json, signal } from '../support/upstream.ts'
import { openStage, type Stage } from './stage.ts'

const hour = 3_600_000
const idleSeconds = 4

describe.each([
  ['ahead', hour],
  ['back', -hour],
])('a clock that is set an hour %s', (_name, by) => {
  let stage: Stage
  beforeAll(async () => {
    const gateway = { bodyIdleSeconds: idleSeconds, realtime: { idleTimeoutSeconds: idleSeconds } }
    stage = await openStage({ config: { gateway } })
  })
  afterEach(() => vi.useRealTimers())
  afterAll(() => stage?.close())
  const move = () => {
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
    vi.setSystemTime(Date.now() + by)
  }

  test('interrupts nobody: snapshots, reservations and open requests go on, and the books stay right', async () => {
    const { upstream, ask, ownkey } = stage
    for (const org of ['platform', 'own', 'near'] as const) expect((await ask(org)).status).toBe(200)
    const goOn = signal()
    const undo = upstream.on('/v1/chat/completions', async (exchange) => {
      await goOn.raised
      const tokens = Number(exchange.request.header('x-chaos-id')?.slice('chaos-'.length))
      await json({ choices: [], usage: { prompt_tokens: tokens, completion_tokens: 5 } })(exchange)
    })
    const order = upstream.journal.requests.length
    const open = ask('own')
    await upstream.journal.request(order)
    move()
    undo()
    for (const org of ['platform', 'own', 'near'] as const) expect((await ask(org)).status).toBe(200)
    goOn.raise()
    expect((await open).status).toBe(200)
    expect((await ownkey.api('GET', '/orgs/own/settings')).status).toBe(200)
    expect((await stage.settledBooks()).faults).toEqual([])
    const { body } = await ownkey.api('GET', '/orgs/own/requests?limit=10&from=2000-01-01&to=2100-01-01')
    expect(body.items).toHaveLength(3)
    for (const { durationMs } of body.items) expect(durationMs).toBeLessThan(60_000)
  }, 180_000)

  test('ends an upload that has stopped coming, and no other', async () => {
    const { upstream } = stage
    upstream.on('/v1/files', json({ id: 'file-1' }))
    const order = upstream.journal.requests.length
    const uploads = [openUpload(stage), openUpload(stage)] as const
    for (const { call } of uploads) call.write(piece)
    for (const index of [0, 1]) {
      const seen = await upstream.journal.request(order + index)
      await expect.poll(() => seen.bodyBytes).toBe(piece.length)
    }
    move()
    const movedAt = performance.now()
    const [healthy, stalled] = uploads
    // Twice as long as nothing may come, in pieces.
    for (let n = 1; n < pieces && healthy.told.status === undefined; n++) {
      await new Promise((resolve) => setTimeout(resolve, (idleSeconds * 2000) / (pieces - 1)))
      healthy.call.write(piece)
    }
    await expect.poll(() => healthy.told.status).toBe(200)
    await expect.poll(() => stalled.told.status).toBe(408)
    expect(stalled.told.at - movedAt).toBeGreaterThan((idleSeconds - 1) * 1000)
    expect(stalled.told.at - movedAt).toBeLessThan((idleSeconds + 4) * 1000)
  }, 60_000)

  test('ends a socket when nothing has passed for as long as it may, and tells how long it was open', async () => {
    const { ownkey, upstream, tokens, newId } = stage
    upstream.onUpgrade('/v1/realtime', () => {})
    const headers = { authorization: `Bearer ${tokens.own}`, 'x-chaos-id': newId() }
    const socket = await open(ownkey.url, { path: '/openai/v1/realtime?model=test-model', headers })
    move()
    const movedAt = performance.now()
    expect((await socket.ended).code).toBe(1001)
    expect(performance.now() - movedAt).toBeGreaterThan((idleSeconds - 1) * 1000)
    expect(performance.now() - movedAt).toBeLessThan((idleSeconds + 4) * 1000)
    await expect
      .poll(async () => {
        const { body } = await ownkey.api('GET', '/orgs/own/requests?from=2000-01-01&to=2100-01-01')
        return body.items.find(({ status }: { status: number }) => status === 101)?.durationMs
      })
      .toSatisfy((ms: unknown) => typeof ms === 'number' && ms > (idleSeconds - 1) * 1000 && ms < 60_000)
  }, 60_000)

  test('with the database silent, serves by what is known for the configured grace, and not longer', async () => {
    const cutOff = await openStage({ config: { gateway: { graceSeconds: 3 } } })
    try {
      expect((await cutOff.ask('own')).status).toBe(200)
      cutOff.line.silence()
      const silentAt = performance.now()
      move()
      const served: number[] = []
      for (let at = 0; at < 7_000; at = performance.now() - silentAt)
        if ((await cutOff.ask('own')).status === 200) served.push(at)
      // The newest reading may have begun just before the silence.
      expect(Math.max(...served)).toBeGreaterThan(1_000)
      expect(Math.max(...served)).toBeLessThan(3_000 + 500)
    } finally {
      vi.useRealTimers()
      await cutOff.close()
    }
  }, 120_000)

  test('lets no key rest for an hour more', async () => {
    const { upstream, ownkey } = stage
    await ownkey.putOrg(`resting-${by}`)
    await ownkey.api('POST', `/orgs/resting-${by}/credits`, { amount: 50, reason: 'test', idempotencyKey: 'x' })
    await ownkey.putKey(`resting-${by}`, 'openai', `${canaryKeys.openai}${by > 0 ? 'a' : 'b'}`)
    const token = await ownkey.token({ org: `resting-${by}`, feature: 'assistant' })
    const call = () =>
      rawCall(ownkey.url, {
        method: 'POST',
        path: '/openai/v1/chat/completions',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-chaos-id': stage.newId() },
        body: '{"model":"test-model","messages":[]}',
      })
    const undo = upstream.on(
      '/v1/chat/completions',
      json(
        { error: { message: 'slow down', code: 'rate_limit_exceeded' } },
        { status: 429, headers: { 'retry-after': '2' } },
      ),
    )
    expect((await call()).status).toBe(429)
    undo()
    move()
    const resting = await call()
    expect(resting.status).toBe(429)
    expect(Number(resting.header('retry-after'))).toBeLessThanOrEqual(2)
    await expect.poll(async () => (await call()).status, { timeout: 20_000, interval: 200 }).toBe(200)
  })

  test('ends a token by the date that it carries, and not before', async () => {
    const { ownkey } = stage
    const wish = { org: 'platform', feature: 'assistant' }
    const [short, long] = [
      await ownkey.token({ ...wish, expiresIn: 600 }),
      await ownkey.token({ ...wish, expiresIn: 7_200 }),
    ]
    const status = async (token: string) =>
      (await fetch(`${ownkey.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status
    expect([await status(short), await status(long)]).toEqual([200, 200])
    move()
    expect([await status(short), await status(long)]).toEqual([by > 0 ? 401 : 200, 200])
    vi.useRealTimers()
    expect([await status(short), await status(long)]).toEqual([200, 200])
  })
})

const pieces = 6
const piece = Buffer.alloc(200_000)

/** A file too large to be awaited whole; the caller writes its pieces. */
function openUpload({ ownkey, tokens, newId }: Stage) {
  const { hostname, port } = new URL(ownkey.url)
  const headers = {
    authorization: `Bearer ${tokens.own}`,
    'content-type': 'application/octet-stream',
    'content-length': pieces * piece.length,
    'x-chaos-id': newId(),
  }
  const told: { status: number | undefined; at: number } = { status: undefined, at: 0 }
  const call = request({ hostname, port, path: '/openai/v1/files', method: 'POST', headers, agent: false })
  call.on('response', (answer) => {
    told.status = answer.resume().statusCode
    told.at = performance.now()
  })
  // What was refused is closed while it is written to.
  call.on('error', () => {})
  return { call, told }
}

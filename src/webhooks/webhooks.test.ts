import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { noNames } from '../../test/support/no-names.ts'
import { json, startUpstream, type Upstream } from '../../test/support/upstream.ts'
import { defaultConfig } from '../config/index.ts'
import { Secret } from '../crypto/index.ts'
import { Gateway } from '../gateway/index.ts'
import { createSendOutside } from '../server/send-outside.ts'
import { insertWebhookEvent, listDeliveries, replayDeadDeliveries, replayDelivery } from '../store/index.ts'
import { createDispatcher, type Dispatcher, type Endpoint, endpointId, lastTryAfterMs, retryDelayMs } from './index.ts'

const secret = `whsec_${Buffer.from('a webhook secret of 32 bytes 123').toString('base64')}`

/** Only the gateway's way out is used. */
const egressOnly = () =>
  new Gateway({
    tenants: undefined as never,
    ledger: undefined as never,
    jobs: undefined as never,
    setup: () => ({ config: defaultConfig() }) as never,
    openKey: () => new Secret(''),
    passes: undefined as never,
    lookup: noNames,
    log: { error: () => {} },
  })

describe.each(databaseKinds)('webhooks on %s', (kind) => {
  let opened: OpenTestDatabase
  let receiver: Upstream
  let gateway: Gateway
  let undo: (() => void)[] = []
  let dispatchers: Dispatcher[] = []
  let count = 0
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    receiver = await startUpstream()
    gateway = egressOnly()
  })
  afterAll(async () => {
    await gateway.close()
    await receiver.close()
    await opened.remove()
  })
  beforeEach(async () => {
    await opened.database.query('delete from webhook_events')
    await opened.database.query('delete from webhook_deliveries')
  })
  afterEach(async () => {
    for (const one of undo.splice(0)) one()
    await Promise.all(dispatchers.splice(0).map((one) => one.close()))
    undo = []
    dispatchers = []
  })

  const endpoint = (path = '/hook', events = ['*']): Endpoint => ({
    url: `${receiver.origin}${path}`,
    secret: new Secret(secret),
    events,
  })
  /** Another node each time; nothing happens by itself. */
  const node = (...endpoints: Endpoint[]) => {
    const made = createDispatcher({
      database: opened.database,
      endpoints: () => endpoints,
      send: async (request) => (await createSendOutside(gateway.egress)(request)).status,
      onTrouble: (error) => {
        throw error
      },
      version: 'test',
      everyMs: 3_600_000,
    })
    dispatchers.push(made)
    return made
  }
  const answer = (status: number, path = '/hook') => undo.push(receiver.on(path, json({}, { status })))
  const tell = (type = 'key.set', data: Record<string, unknown> = { target: 'key_1' }) =>
    insertWebhookEvent(opened.database, { id: `evt_${++count}`, org: 'acme', type, data })
  const got = (path = '/hook') => receiver.journal.requests.filter((request) => request.path === path)
  const states = async () =>
    (await listDeliveries(opened.database, { limit: 100 })).map(({ state, attempts, last_status, last_error }) => [
      state,
      attempts,
      last_status,
      last_error,
    ])
  const makeDue = () =>
    opened.database.query('update webhook_deliveries set next_at = now() where state = $1', ['pending'])

  it('are signed so that the Standard Webhooks library takes them', async () => {
    answer(200)
    await tell('key.set', { target: 'key_1', detail: { hint: 'sk-...wxyz' } })
    await node(endpoint()).run()
    const [request] = got().slice(-1)
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, request!.header(name) ?? '']),
    )
    const payload = request!.body().toString()
    expect(new Webhook(secret).verify(payload, headers)).toMatchObject({
      type: 'key.set',
      timestamp: expect.stringMatching(/^\d{4}-/),
      data: { org: 'acme', target: 'key_1' },
    })
    expect(() => new Webhook(secret).verify(payload.replace('acme', 'evil'), headers)).toThrow()
    expect(() => new Webhook(secret).verify(payload, { ...headers, 'webhook-id': 'evt_other' })).toThrow()
    expect(headers['webhook-id']).toBe(`evt_${count}`)
    expect(await states()).toEqual([['delivered', 1, 200, null]])
  })

  const signedHeaders = (request: Upstream['journal']['requests'][number]) =>
    Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, request.header(name) ?? '']),
    )

  it('cannot be forged: not without the secret, not with an empty one, not with parts of a real one', async () => {
    answer(200)
    const from = got().length
    await tell('key.set', { target: 'key_1' })
    await tell('key.revoke', { target: 'key_2' })
    await node(endpoint()).run()
    const [first, second] = got().slice(from)
    const [headers, others] = [signedHeaders(first!), signedHeaders(second!)]
    const [payload, otherPayload] = [first!.body().toString(), second!.body().toString()]
    const verify = (body: string, sent: Record<string, string>) => () => new Webhook(secret).verify(body, sent)
    expect(verify(payload, headers)).not.toThrow()
    for (const key of ['', 'whsec_', secret])
      for (const text of [payload, `${headers['webhook-id']}.${headers['webhook-timestamp']}.${payload}`]) {
        if (key === secret && text !== payload) continue
        const signature = `v1,${createHmac('sha256', key).update(text).digest('base64')}`
        expect(verify(payload, { ...headers, 'webhook-signature': signature })).toThrow()
      }
    expect(verify(otherPayload, headers)).toThrow()
    for (const name of Object.keys(headers)) {
      const part = name === 'webhook-timestamp' ? String(Number(headers[name]) + 1) : (others[name] as string)
      expect(verify(payload, { ...headers, [name]: part }), name).toThrow()
      expect(verify(payload, { ...headers, [name]: '' }), name).toThrow()
    }
  })

  it('cannot be replayed: an old one is refused by its time, and a repeat has the id of the first', async () => {
    answer(503)
    const from = got().length
    await tell()
    const dispatcher = node(endpoint())
    await dispatcher.run()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60_000 })
    try {
      const [captured] = got().slice(from)
      const payload = captured!.body().toString()
      expect(() => new Webhook(secret).verify(payload, signedHeaders(captured!))).toThrow(/too old/)
      // What is tried again for a day is signed anew each time, or every receiver would take it for a replay.
      undo.pop()?.()
      answer(200)
      await makeDue()
      await dispatcher.run()
      const [, again, ...more] = got().slice(from)
      expect(more).toEqual([])
      expect(() => new Webhook(secret).verify(payload, signedHeaders(again!))).not.toThrow()
      expect(again!.header('webhook-id')).toBe(captured!.header('webhook-id'))
      expect(again!.body().toString()).toBe(payload)
    } finally {
      vi.useRealTimers()
    }
  })

  it('go to the endpoints that want them, once each', async () => {
    answer(204, '/all')
    answer(204, '/notices')
    const from = receiver.journal.requests.length
    await tell('key.set')
    await tell('notice.opened')
    const nodes = [endpoint('/all'), endpoint('/notices', ['notice.*'])]
    await Promise.all([node(...nodes).run(), node(...nodes).run()])
    const types = (path: string) =>
      receiver.journal.requests
        .slice(from)
        .filter((request) => request.path === path)
        .map((request) => JSON.parse(request.body().toString()).type)
        .sort()
    expect(types('/all')).toEqual(['key.set', 'notice.opened'])
    expect(types('/notices')).toEqual(['notice.opened'])
    expect(await opened.database.query('select 1 from webhook_events')).toEqual([])
  })

  it('that nobody wants leave nothing behind', async () => {
    await tell()
    await node().run()
    expect(await opened.database.query('select 1 from webhook_events')).toEqual([])
    expect(await states()).toEqual([])
  })

  it('are tried again with the same id and body, a new time, and are dead after the last try', async () => {
    const from = got().length
    answer(503)
    await tell()
    const dispatcher = node(endpoint())
    for (let attempt = 1; attempt <= 12; attempt++) {
      await dispatcher.run()
      await makeDue()
    }
    const requests = got().slice(from)
    expect(requests).toHaveLength(11)
    expect(new Set(requests.map((request) => request.header('webhook-id'))).size).toBe(1)
    expect(new Set(requests.map((request) => request.body().toString())).size).toBe(1)
    expect(await states()).toEqual([['dead', 11, 503, 'refused']])
  })

  it('wait longer after each failure, about a day in all, and never all at the same moment', () => {
    const planned = Array.from({ length: 11 }, (_, index) => retryDelayMs(index + 1, () => 0.5))
    expect(planned.slice(0, 4)).toEqual([5_000, 15_000, 45_000, 135_000])
    expect(planned.at(-1)).toBeUndefined()
    expect(lastTryAfterMs() / 3_600_000).toBeGreaterThan(22)
    expect(lastTryAfterMs() / 3_600_000).toBeLessThan(26)
    expect([retryDelayMs(1, () => 0), retryDelayMs(1, () => 1)]).toEqual([4_000, 6_000])
  })

  it('wait for their time', async () => {
    const from = got().length
    answer(500)
    await tell()
    const dispatcher = node(endpoint())
    await dispatcher.run()
    await dispatcher.run()
    expect(got().length - from).toBe(1)
    expect(await states()).toEqual([['pending', 1, 500, 'refused']])
  })

  it('follow no redirect, and end at once where the receiver says that it is gone', async () => {
    undo.push(receiver.on('/hook', json({}, { status: 302, headers: { location: `${receiver.origin}/elsewhere` } })))
    await tell()
    await node(endpoint()).run()
    expect(got('/elsewhere')).toEqual([])
    expect(await states()).toEqual([['pending', 1, 302, 'refused']])
    answer(410)
    await makeDue()
    await node(endpoint()).run()
    expect(await states()).toEqual([['dead', 2, 410, 'gone']])
  })

  it('of an endpoint that nobody answers at are kept, with a code and without an address', async () => {
    const gone = await startUpstream()
    await gone.close()
    await tell()
    await node({ url: `${gone.origin}/hook?token=secret`, secret: new Secret(secret), events: ['*'] }).run()
    const [delivery] = await listDeliveries(opened.database, { limit: 1 })
    expect(delivery).toMatchObject({ state: 'pending', last_status: null, last_error: 'upstream_unreachable' })
    expect(JSON.stringify(delivery)).not.toContain('token=secret')
  })

  it('that are dead can be sent again, one or all', async () => {
    answer(410)
    await tell('one')
    await tell('two')
    await tell('three')
    const dispatcher = node(endpoint())
    await dispatcher.run()
    const dead = await listDeliveries(opened.database, { state: 'dead', limit: 10 })
    expect(dead).toHaveLength(3)
    undo.pop()?.()
    answer(200)
    expect(await replayDelivery(opened.database, dead[0]!.id)).toMatchObject({ state: 'pending', attempts: 0 })
    await dispatcher.run()
    expect(await listDeliveries(opened.database, { state: 'delivered', limit: 10 })).toHaveLength(1)
    expect(await replayDeadDeliveries(opened.database, endpointId(endpoint().url))).toBe(2)
    await dispatcher.run()
    expect(await listDeliveries(opened.database, { state: 'delivered', limit: 10 })).toHaveLength(3)
    expect(await replayDelivery(opened.database, 'dlv_unknown')).toBeUndefined()
  })

  it('of a node that died while sending are sent by another after its lease', async () => {
    answer(200)
    const from = got().length
    await tell()
    await node().run()
    await tell()
    const dispatcher = node(endpoint())
    await opened.database.query(
      `insert into webhook_deliveries (id, event_id, org_id, endpoint, type, payload, state, attempts, leased_until)
       values ('dlv_dead_node', 'evt_dead_node', 'acme', $1, 'key.set', '{}', 'pending', 1, now() + interval '1 minute')`,
      [endpointId(endpoint().url)],
    )
    await dispatcher.run()
    expect(got().length - from).toBe(0)
    await opened.database.query("update webhook_deliveries set leased_until = now() - interval '1 second'")
    await dispatcher.run()
    expect(got().length - from).toBe(2)
    expect((await states()).map(([state]) => state)).toEqual(['delivered', 'delivered'])
  })

  it('are sent one at a time to one endpoint, by however many nodes', async () => {
    let open = 0
    let most = 0
    undo.push(
      receiver.on('/hook', async ({ response }) => {
        most = Math.max(most, ++open)
        await new Promise((resolve) => setImmediate(resolve))
        open--
        response.end('{}')
      }),
    )
    for (let each = 0; each < 20; each++) await tell()
    const nodes = Array.from({ length: 3 }, () => node(endpoint()))
    for (let round = 0; round < 30; round++) {
      await Promise.all(nodes.map((one) => one.run()))
      if ((await listDeliveries(opened.database, { state: 'pending', limit: 1 })).length === 0) break
    }
    expect((await states()).filter(([state]) => state === 'delivered')).toHaveLength(20)
    expect(most).toBe(1)
  })

  it('are not told of a change that was rolled back', async () => {
    await expect(
      opened.database.transaction(async (tx) => {
        await insertWebhookEvent(tx, { id: 'evt_never', org: 'acme', type: 'key.set', data: {} })
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow()
    const from = got().length
    await node(endpoint()).run()
    expect(got().length).toBe(from)
  })
})

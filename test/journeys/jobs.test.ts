import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { vendorKeys } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'
import { json, startUpstream, type Upstream } from '../support/upstream.ts'

/** Work that is ordered with one request, and whose result, with its counts, others fetch. */
describe.each(databaseKinds)('a job’s result on %s', (database) => {
  let ownkey: RunningOwnkey
  let upstream: Upstream
  beforeAll(async () => {
    upstream = await startUpstream()
    ownkey = await startOwnkey({
      database,
      config: {
        providers: { assemblyai: { baseUrl: upstream.origin }, xai: { baseUrl: upstream.origin } },
        features: {
          ears: { title: 'Transcription', capability: 'speech_to_text' },
          films: { title: 'Films', capability: 'chat' },
        },
        plans: { standard: { verify: 'format_only', fallback: { mode: 'never' } } },
        prices: { assemblyai: { '*': { currency: 'USD', audioMinute: 1 } } },
      },
    })
  })
  afterAll(async () => {
    await ownkey?.close()
    await upstream?.close()
  })

  async function newOrg(org: string): Promise<string> {
    await ownkey.putOrg(org)
    await ownkey.putKey(org, 'assemblyai', vendorKeys['assemblyai'] as string)
    return ownkey.token({ org, feature: 'ears' })
  }
  const order = (token: string) =>
    rawCall(ownkey.url, {
      method: 'POST',
      path: '/assemblyai/v2/transcript',
      headers: { authorization: token, 'content-type': 'application/json' },
      body: JSON.stringify({ audio_url: 'https://example.test/a.mp3' }),
    })
  const fetchJob = async (token: string, path: string) =>
    (await rawCall(ownkey.url, { path: `/assemblyai${path}`, headers: { authorization: token } })).status
  const total = async (org: string) => (await ownkey.api('GET', `/orgs/${org}/usage`)).body.total
  /** Entries are settled beside the answers: with all attempts there, nothing more comes. */
  const expectTotal = (org: string, expected: object) => expect.poll(() => total(org)).toMatchObject(expected)

  test('is counted once: however often, by whichever process and in whatever writing it is fetched', async () => {
    let transcript: object = { id: 't1', status: 'processing', audio_duration: null }
    const undo = upstream.on(/./, (exchange) => json(transcript)(exchange))
    const [token, other] = [await newOrg('listener'), await newOrg('neighbour')]
    expect((await order(token)).status).toBe(200)
    expect(await fetchJob(token, '/v2/transcript/t1')).toBe(200)
    await expectTotal('listener', { attempts: 2, audioSeconds: 0, unpriced: 1 })

    transcript = { id: 't1', status: 'completed', text: 'x', audio_duration: 90 }
    await Promise.all(Array.from({ length: 5 }, () => fetchJob(token, '/v2/transcript/t1')))
    const once = { audioSeconds: 90, unpriced: 0, costs: [{ currency: 'USD', amount: '1.5' }] }
    await expectTotal('listener', { ...once, attempts: 7 })
    await ownkey.restart()
    for (const path of ['/v2/transcript/t1', '/v2/transcript/t1/', '/v2/transcript/t1?include=all'])
      expect(await fetchJob(token, path)).toBe(200)
    await expectTotal('listener', { ...once, attempts: 10 })

    expect(await fetchJob(token, '/v2/transcript/t2')).toBe(200)
    await expectTotal('listener', { audioSeconds: 180, attempts: 11 })
    // What one organization has fetched says nothing of another.
    expect(await fetchJob(other, '/v2/transcript/t1')).toBe(200)
    await expectTotal('neighbour', { ...once, attempts: 1 })
    undo()
  })

  test('costs what it says itself, once: a video', async () => {
    await ownkey.putOrg('studio')
    await ownkey.putKey('studio', 'xai', vendorKeys['xai'] as string)
    const authorization = `Bearer ${await ownkey.token({ org: 'studio', feature: 'films' })}`
    let told: object = { request_id: 'v1' }
    const undo = upstream.on(/./, (exchange) => json(told)(exchange))
    const ordered = await rawCall(ownkey.url, {
      method: 'POST',
      path: '/xai/v1/videos/generations',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'grok-imagine-video', prompt: 'a kite', duration: 1 }),
    })
    const poll = async () =>
      (await rawCall(ownkey.url, { path: '/xai/v1/videos/v1', headers: { authorization } })).status
    expect([ordered.status, await poll()]).toEqual([200, 200])
    await expectTotal('studio', { attempts: 2, unpriced: 1 })

    told = {
      status: 'done',
      model: 'grok-imagine-video',
      usage: { cost_in_usd_ticks: 500_000_000 },
      video: { duration: 1 },
    }
    await Promise.all([poll(), poll(), poll()])
    await expectTotal('studio', { attempts: 5, unpriced: 0, costs: [{ currency: 'USD', amount: '0.05' }] })
    undo()
  })

  test('costs what it has cost so far, each time only what is new: a batch that tells its sum', async () => {
    await ownkey.putOrg('bulk')
    await ownkey.putKey('bulk', 'xai', vendorKeys['xai'] as string)
    const authorization = `Bearer ${await ownkey.token({ org: 'bulk', feature: 'films' })}`
    let ticks: number | string = 0
    const undo = upstream.on(/./, (exchange) =>
      json({ batch_id: 'b1', state: { num_requests: 3 }, cost_breakdown: { total_cost_usd_ticks: ticks } })(exchange),
    )
    const send = async (method: string, path: string, body?: object) => {
      const headers = { authorization, 'content-type': 'application/json' }
      return (await rawCall(ownkey.url, { method, path, headers, ...(body && { body: JSON.stringify(body) }) })).status
    }
    const poll = () => send('GET', '/xai/v1/batches/b1')
    expect(await send('POST', '/xai/v1/batches', { name: 'many' })).toBe(200)
    expect(await send('POST', '/xai/v1/batches/b1/requests', { batch_requests: [] })).toBe(200)
    expect(await poll()).toBe(200)
    await expectTotal('bulk', { attempts: 3, unpriced: 1 })

    ticks = 1_234_567
    await Promise.all([poll(), poll()])
    const costs = (amount: string) => [{ currency: 'USD', amount }]
    await expectTotal('bulk', { attempts: 5, unpriced: 0, costs: costs('0.0001234567') })
    ticks = '3000000001'
    await Promise.all([poll(), poll(), send('GET', '/xai/v1/batches/b1/results'), send('GET', '/xai/v1/batches')])
    await expectTotal('bulk', { attempts: 9, unpriced: 0, costs: costs('0.3000000001') })
    undo()
  })
})

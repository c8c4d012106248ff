import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { json, script, signal, until } from '../support/upstream.ts'

let journey: Journey
beforeAll(async () => {
  journey = await startJourney()
})
afterAll(() => journey.close())

const sent = () => journey.upstream.journal.requests.length
const invalid = json({ error: { message: 'no', code: 'invalid_api_key' } }, { status: 401 })

async function inParallel(count: number, call: () => ReturnType<typeof rawCall>) {
  const answers: Awaited<ReturnType<typeof rawCall>>[] = []
  const runner = async () => {
    while (answers.length + running < count) {
      running++
      answers.push(await call())
      running--
    }
  }
  let running = 0
  await Promise.all(Array.from({ length: 100 }, runner))
  return answers
}

describe('a key that is known to be dead', () => {
  test('is not tried a thousand times by a thousand calls', async () => {
    const { token } = await journey.newOrg()
    const undo = journey.upstream.on(/./, invalid)
    const from = sent()
    const began = performance.now()
    const answers = await inParallel(1000, () => rawCall(journey.ownkey.url, nativeCalls.openai(token)))
    expect(answers).toHaveLength(1000)
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.header('ownkey-error')}`))).toEqual(
      new Set(['401 invalid_key']),
    )
    // Where a slow machine needs longer than the first rests of 5, 10, … seconds, each that ended lets one more through.
    const restsOver = Math.floor(Math.log2((performance.now() - began) / 5_000 + 1))
    expect(sent() - from).toBeLessThanOrEqual(3 + restsOver)
    undo()
  })

  test('falls back all the same, a hundred times', async () => {
    const { token } = await journey.newOrg('falling')
    const undo = [
      journey.upstream.on(/./, json({ served: 'platform' })),
      journey.upstream.on((request) => request.header('authorization') === `Bearer ${canaryKeys.openai}`, invalid),
    ]
    const from = sent()
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => rawCall(journey.ownkey.url, nativeCalls.openai(token))),
    )
    expect(answers.every((answer) => answer.header('ownkey-fallback') === 'invalid_key' && answer.status === 200)).toBe(
      true,
    )
    const own = journey.upstream.journal.requests
      .slice(from)
      .filter((one) => one.header('authorization')?.endsWith(canaryKeys.openai))
    expect(own.length).toBeLessThanOrEqual(3)
    for (const one of undo) one()
  })

  test('is tried at once when it was replaced, and never in another organization’s name', async () => {
    const [first, second] = [await journey.newOrg(), await journey.newOrg()]
    const undo = journey.upstream.on(/./, invalid)
    for (let twice = 0; twice < 2; twice++) await rawCall(journey.ownkey.url, nativeCalls.openai(first.token))
    undo()
    const works = journey.upstream.on(/./, json({ ok: true }))
    expect((await rawCall(journey.ownkey.url, nativeCalls.openai(first.token))).status).toBe(401)
    // The same key text in another organization is another key.
    expect((await rawCall(journey.ownkey.url, nativeCalls.openai(second.token))).status).toBe(200)
    await journey.ownkey.putKey(first.org, 'openai', `${canaryKeys.openai}new`)
    expect((await rawCall(journey.ownkey.url, nativeCalls.openai(first.token))).status).toBe(200)
    works()
  })

  test('is tried at once when a test has found that it works again', async () => {
    const { org, token } = await journey.newOrg()
    const undo = journey.upstream.on(/./, invalid)
    for (let twice = 0; twice < 2; twice++) await rawCall(journey.ownkey.url, nativeCalls.openai(token))
    undo()
    const works = journey.upstream.on(/./, json({ data: [] }))
    expect((await rawCall(journey.ownkey.url, nativeCalls.openai(token))).status).toBe(401)
    const tested = await journey.ownkey.api('POST', `/orgs/${org}/keys/openai/test`, {})
    expect(tested.body.status).toBe('valid')
    expect((await rawCall(journey.ownkey.url, nativeCalls.openai(token))).status).toBe(200)
    works()
  })
})

test('a key that failed once is tried again at once, so that whoever mends it sees it work', async () => {
  const { token } = await journey.newOrg()
  const undo = journey.upstream.on(/./, invalid)
  expect((await rawCall(journey.ownkey.url, nativeCalls.openai(token))).status).toBe(401)
  undo()
  const works = journey.upstream.on(/./, json({ ok: true }))
  expect((await rawCall(journey.ownkey.url, nativeCalls.openai(token))).status).toBe(200)
  works()
})

describe('a rate limit', () => {
  const openaiLimit = json(
    { error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } },
    { status: 429, headers: { 'retry-after': '60' } },
  )
  const geminiLimit = json(
    {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: 'x',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }],
          },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '37.2s' },
        ],
      },
    },
    { status: 429 },
  )

  test.each([
    ['Retry-After', 'openai', openaiLimit, 60],
    ['Gemini’s RetryInfo', 'gemini', geminiLimit, 38],
  ] as const)('%s is honoured for the model that met it, and for no other', async (_name, provider, limit, seconds) => {
    const { token } = await journey.newOrg()
    const undo = journey.upstream.on(/./, limit)
    const from = sent()
    const first = await rawCall(journey.ownkey.url, nativeCalls[provider](token, 'model-a'))
    const again = await rawCall(journey.ownkey.url, nativeCalls[provider](token, 'model-a'))
    expect([first.status, again.status, sent() - from]).toEqual([429, 429, 1])
    expect(again.json()).toEqual(first.json())
    expect(Number(again.header('retry-after'))).toBeGreaterThan(seconds - 20)
    expect(Number(again.header('retry-after'))).toBeLessThanOrEqual(seconds)
    expect(again.headers.filter(([name]) => name.toLowerCase() === 'retry-after')).toHaveLength(1)
    undo()
    const works = journey.upstream.on(/./, json({ ok: true }))
    expect((await rawCall(journey.ownkey.url, nativeCalls[provider](token, 'model-b'))).status).toBe(200)
    works()
  })
})

test('what says nothing about the next request is not remembered', async () => {
  const { token } = await journey.newOrg()
  for (const [status, code] of [
    [500, 'server_error'],
    [400, 'content_policy_violation'],
    [404, 'model_not_found'],
  ] as const) {
    const undo = journey.upstream.on(/./, json({ error: { code, message: 'x' } }, { status }))
    const from = sent()
    for (let call = 0; call < 3; call++) await rawCall(journey.ownkey.url, nativeCalls.openai(token))
    expect(sent() - from).toBe(3)
    undo()
  }
})

test('a key that was accepted between two failures has failed once', async () => {
  const { token } = await journey.newOrg()
  const mistaken = json({ error: { code: null, type: 'invalid_request_error', message: 'x' } }, { status: 400 })
  const from = sent()
  for (const answer of [invalid, mistaken, invalid, invalid, invalid]) {
    const undo = journey.upstream.on(/./, answer)
    await rawCall(journey.ownkey.url, nativeCalls.openai(token))
    undo()
  }
  expect(sent() - from).toBe(4)
})

test('a key removed while its first request is on the way serves no second one', async () => {
  const { org, token } = await journey.newOrg('required')
  const goOn = signal()
  const order = sent()
  const undo = journey.upstream.on(/./, script(until(goOn.raised), json({ ok: true })))
  const first = rawCall(journey.ownkey.url, nativeCalls.openai(token))
  await journey.upstream.journal.request(order)
  const second = rawCall(journey.ownkey.url, nativeCalls.openai(token))
  await journey.ownkey.api('DELETE', `/orgs/${org}/keys/openai`)
  goOn.raise()
  expect((await first).status).toBe(200)
  const { status } = await second
  expect(sent() - order).toBe(status === 200 ? 2 : 1)
  const third = await rawCall(journey.ownkey.url, nativeCalls.openai(token))
  expect([third.status, third.json().error.code]).toEqual([403, 'missing_key'])
  undo()
})

describe('the platform’s key', () => {
  const words = { error: { message: 'words to one', code: 'invalid_api_key' } }
  test.each([
    ['is refused where one of them calls', json(words, { status: 401 })],
    ['is limited for one of them', json(words, { status: 429, headers: { 'retry-after': '60' } })],
  ])('that %s serves the other organizations as before', async (_, refusal) => {
    const { ownkey, upstream } = journey
    const undo = [upstream.on(/./, json({ served: true })), upstream.on('/v1/embeddings', refusal)]
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => {
        const org = `${name}-beside-${sent()}`
        await ownkey.putOrg(org)
        const token = await ownkey.token({ org, feature: 'assistant' })
        return (path?: string) => rawCall(ownkey.url, { ...nativeCalls.openai(token), ...(path && { path }) })
      }),
    )
    for (let time = 0; time < 4; time++) expect((await one?.('/openai/v1/embeddings'))?.text).toContain('words to one')
    const from = sent()
    const answers = await Promise.all(Array.from({ length: 20 }, () => other?.()))
    expect(answers.map((answer) => [answer?.status, answer?.text])).toEqual(answers.map(() => [200, '{"served":true}']))
    expect(sent() - from).toBe(20)
    for (const each of undo) each()
  })
})

test('a route that the catalogue does not know makes no key rest, whatever it answers', async () => {
  const { token } = await journey.newOrg()
  const undo = [journey.upstream.on(/./, json({ served: true })), journey.upstream.on('/v1/dashboard', invalid)]
  const call = nativeCalls.openai(token)
  const from = sent()
  for (let time = 0; time < 4; time++) {
    const answer = await rawCall(journey.ownkey.url, { ...call, path: '/openai/v1/dashboard' })
    expect([answer.status, answer.header('ownkey-error')]).toEqual([401, 'invalid_key'])
  }
  expect((await rawCall(journey.ownkey.url, call)).status).toBe(200)
  expect(sent() - from).toBe(5)
  for (const each of undo) each()
})

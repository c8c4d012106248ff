/** A request that its caller repeats under the same id is charged once: also where it had used the last there was. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

const answer = json({ id: 'c1', model: 'm', choices: [], usage: { prompt_tokens: 1_000_000, completion_tokens: 0 } })
const refusal = json({ error: { code: 'invalid_api_key', message: 'no' } }, { status: 401 })

const more = {
  prices: { openai: { '*': { currency: 'USD', input: 1, output: 1 } } },
  features: {
    assistant: { title: 'Assistant' },
    writer: { title: 'Writer' },
    metered: { title: 'Metered', meter: 'asked' },
  },
  plans: {
    credits: {
      verify: 'format_only',
      monthlyCredits: 2,
      credits: { ownKey: 0, platformKey: 2 },
      fallback: { mode: 'always' },
    },
    quota: { verify: 'format_only', quotas: { asked: { limit: 1 } } },
    capped: { verify: 'format_only', caps: [{ scope: 'organization', limit: 1 }] },
  },
}

interface Asked {
  id?: string
  body?: string
  path?: string
}

describe.each(databaseKinds)('repeats on %s', (database) => {
  let journey: Journey
  let undo: () => void
  let orgs = 0
  beforeAll(async () => {
    journey = await startJourney({ database, more })
    // Own keys are refused, the platform's is not.
    undo = journey.upstream.on('/v1/chat/completions', (exchange) =>
      (exchange.request.header('authorization')?.includes(canaryPlatformKey) ? answer : refusal)(exchange),
    )
  })
  afterAll(async () => {
    undo?.()
    await journey?.close()
  })

  const newOrg = async (plan: string, feature = 'assistant') => {
    const org = `repeats-${++orgs}`
    await journey.ownkey.putOrg(org, { plan })
    return { org, token: await journey.ownkey.token({ org, feature }) }
  }
  const ask = async (token: string, { id, body = 'Hello', path = '/openai/v1/chat/completions' }: Asked = {}) => {
    const answered = await rawCall(journey.ownkey.url, {
      method: 'POST',
      path,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(id !== undefined && { 'ownkey-request-id': id }),
      },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: body }] }),
    })
    const code = answered.headers.find(([name]) => name.toLowerCase() === 'ownkey-error')?.[1]
    return code === undefined ? `${answered.status}` : `${answered.status} ${code}`
  }
  /** Until the snapshot of the organization knows that nothing is left. */
  const usedUp = (token: string, code: string) => expect.poll(() => ask(token), { timeout: 10_000 }).toBe(code)
  const credits = async (org: string) => {
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/requests?limit=200`)
    return body.items.reduce((sum: number, entry: { credits: number }) => sum + entry.credits, 0)
  }

  test('the repeat of a request that used the last credits is served and charges nothing', async () => {
    for (const path of ['/openai/v1/chat/completions', '/v1/chat/completions']) {
      const { org, token } = await newOrg('credits')
      expect(await ask(token, { id: 'last', path })).toBe('200')
      await usedUp(token, '402 credits_exhausted')
      const sent = journey.upstream.journal.requests.length
      for (let again = 0; again < 3; again++) expect(await ask(token, { id: 'last', path })).toBe('200')
      expect(journey.upstream.journal.requests.length).toBe(sent + 3)
      expect(await credits(org)).toBe(2)
      expect((await journey.ownkey.api('GET', `/orgs/${org}`)).body.balance).toBe(0)
    }
  })

  test('repeats that all come at once with the last credits are served and charged once', async () => {
    const { org, token } = await newOrg('credits')
    const crowd = await Promise.all(Array.from({ length: 20 }, () => ask(token, { id: 'crowd' })))
    expect(new Set(crowd)).toEqual(new Set(['200']))
    await usedUp(token, '402 credits_exhausted')
    expect(await credits(org)).toBe(2)
  })

  test('another body, feature, environment or id is another request, and is refused', async () => {
    const { org, token } = await newOrg('credits')
    expect(await ask(token, { id: 'one' })).toBe('200')
    await usedUp(token, '402 credits_exhausted')
    expect(await ask(token, { id: 'one', body: 'Something else' })).toBe('402 credits_exhausted')
    expect(await ask(token, { id: 'two' })).toBe('402 credits_exhausted')
    expect(await ask(await journey.ownkey.token({ org, feature: 'writer' }), { id: 'one' })).toBe(
      '402 credits_exhausted',
    )
    const staging = await journey.ownkey.token({ org, feature: 'assistant', environment: 'staging' })
    expect(await ask(staging, { id: 'one' })).toBe('402 credits_exhausted')
    const other = await newOrg('credits')
    expect(await ask(other.token, { id: 'one' })).toBe('200')
    await usedUp(other.token, '402 credits_exhausted')
    expect([await credits(org), await credits(other.org)]).toEqual([2, 2])
  })

  test('another body under the same id is charged for itself while there are credits', async () => {
    const { org, token } = await newOrg('credits')
    await journey.ownkey.api('POST', `/orgs/${org}/credits`, { amount: 10, reason: 'test', idempotencyKey: 'g1' })
    for (const body of ['a', 'b', 'a', 'b', 'a']) expect(await ask(token, { id: 'mixed', body })).toBe('200')
    await expect.poll(() => credits(org), { timeout: 10_000 }).toBe(4)
  })

  test('a request that failed holds no charge, so its repeat needs credits like a first one', async () => {
    const failing = journey.upstream.on('/v1/chat/completions', json({ error: { message: 'down' } }, { status: 400 }))
    const { token } = await newOrg('credits')
    expect(await ask(token, { id: 'failed' })).toMatch(/^400/)
    failing()
    // What was given back is in the snapshot within moments.
    await expect.poll(() => ask(token, { id: 'other' }), { timeout: 10_000 }).toBe('200')
    await usedUp(token, '402 credits_exhausted')
    expect(await ask(token, { id: 'failed' })).toBe('402 credits_exhausted')
  })

  test('of two at once of which the first one fails, the one that was served is charged, with its count', async () => {
    for (const [plan, feature] of [
      ['credits', 'assistant'],
      ['quota', 'metered'],
    ] as const) {
      const { org, token } = await newOrg(plan, feature)
      let failNow = () => {}
      const held = new Promise<void>((resolve) => {
        failNow = resolve
      })
      let begun = () => {}
      const hasBegun = new Promise<void>((resolve) => {
        begun = resolve
      })
      let calls = 0
      const undoRace = journey.upstream.on('/v1/chat/completions', async (exchange) => {
        if (++calls > 1) return await answer(exchange)
        begun()
        await held
        return await json({ error: { message: 'no' } }, { status: 400 })(exchange)
      })
      const first = ask(token, { id: 'race' })
      await hasBegun
      expect(await ask(token, { id: 'race' })).toBe('200')
      failNow()
      expect(await first).toMatch(/^400/)
      undoRace()
      if (plan === 'credits') {
        expect(await credits(org)).toBe(2)
        expect((await journey.ownkey.api('GET', `/orgs/${org}`)).body.balance).toBe(0)
        expect((await journey.ownkey.api('GET', `/orgs/${org}/usage`)).body.total.credits).toBe(2)
      } else {
        const { body } = await journey.ownkey.api('GET', `/orgs/${org}/settings`)
        expect(body.quotas).toMatchObject([{ meter: 'asked', used: 1, limit: 1 }])
      }
      // It holds the charge now, so a third one is a repeat and served.
      expect(await ask(token, { id: 'race' })).toBe('200')
    }
  })

  test('a fallback that used the last credits is repeated too', async () => {
    const { org, token } = await newOrg('credits')
    await journey.ownkey.putKey(org, 'openai', canaryKeys.openai)
    expect(await ask(token, { id: 'fallen' })).toBe('200')
    await usedUp(token, '401 invalid_key')
    expect(await ask(token, { id: 'fallen' })).toBe('200')
    expect(await credits(org)).toBe(2)
  })

  test('a quota counts a repeated request once', async () => {
    const { org, token } = await newOrg('quota', 'metered')
    expect(await ask(token, { id: 'counted' })).toBe('200')
    await usedUp(token, '429 quota_exceeded')
    expect(await ask(token, { id: 'counted' })).toBe('200')
    expect(await ask(token, { id: 'counted', body: 'Else' })).toBe('429 quota_exceeded')
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/settings`)
    expect(body.quotas).toMatchObject([{ meter: 'asked', used: 1, limit: 1 }])
  })

  test('a spend cap counts what a repeat costs at the provider, and holds', async () => {
    const { token } = await newOrg('capped')
    expect(await ask(token, { id: 'spent' })).toBe('200')
    await usedUp(token, '402 spend_cap_reached')
    expect(await ask(token, { id: 'spent' })).toBe('402 spend_cap_reached')
  })

  test('a request is not repeated without end for one charge', async () => {
    const { org, token } = await newOrg('credits')
    expect(await ask(token, { id: 'endless' })).toBe('200')
    await usedUp(token, '402 credits_exhausted')
    const told: string[] = []
    for (let again = 0; again < 110 && told.at(-1) !== '402 credits_exhausted'; again++)
      told.push(await ask(token, { id: 'endless' }))
    expect(told.slice(0, 99)).toEqual(Array(99).fill('200'))
    expect(told.at(-1)).toBe('402 credits_exhausted')
    expect(await credits(org)).toBe(2)
  })
})

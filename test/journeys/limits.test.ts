import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json, until } from '../support/upstream.ts'

/** A million tokens in cost 1 USD and a million out 10 USD by the configuration below. */
const answer = (inputTokens: number) =>
  json({ id: 'c1', model: 'test-model', choices: [], usage: { prompt_tokens: inputTokens, completion_tokens: 0 } })

const more = {
  prices: { openai: { 'test-*': { currency: 'USD', input: 1, output: 10 } } },
  features: {
    assistant: { title: 'Assistant', meter: 'asked' },
    writer: { title: 'Writer' },
    other: { title: 'Other' },
  },
  plans: {
    capped: {
      verify: 'format_only',
      caps: [{ scope: 'key_and_feature', features: ['assistant', 'writer'], limit: 1 }],
    },
    capped_whole: { verify: 'format_only', caps: [{ limit: 1 }] },
    falling: {
      verify: 'format_only',
      fallback: { mode: 'always', cap: { limit: 0.5 } },
    },
    monthly: { verify: 'format_only', monthlyCredits: 5, credits: { ownKey: 0, platformKey: 2 } },
    prepaid: { verify: 'format_only', credits: { ownKey: 0, platformKey: 1 } },
    attempts: {
      verify: 'format_only',
      quotas: { asked: { limit: 2, count: 'attempts' } },
    },
  },
}

describe.each(databaseKinds)('limits on %s', (database) => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startJourney({ database, more })
  })
  afterAll(() => journey?.close())

  const ask = async (token: string, model = 'test-model', headers: Record<string, string> = {}) =>
    rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/openai/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model, messages: [] }),
    })
  const kindsOf = async (org: string) => {
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/notices`)
    return body.items.map(({ kind }: { kind: string }) => kind).filter((kind: string) => /^cap_|unpriced/.test(kind))
  }
  const explain = async (org: string, feature: string) =>
    (await journey.ownkey.api('POST', `/orgs/${org}/explain`, { feature, provider: 'openai' })).body
  /** The snapshot that the control API shows follows the books within moments. */
  const soon = async (check: () => Promise<void>) => {
    const until = Date.now() + 10_000
    for (;;) {
      try {
        return await check()
      } catch (error) {
        if (Date.now() > until) throw error
      }
    }
  }

  test('tell how many credits are left, also where only the database knew', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', answer(1))
    await journey.ownkey.putOrg('nearly', { plan: 'monthly' })
    const token = await journey.ownkey.token({ org: 'nearly', feature: 'assistant' })
    for (const status of [200, 200]) expect((await ask(token)).status).toBe(status)
    const refused = await ask(token)
    expect(refused.status).toBe(402)
    expect(refused.text).toContain('costs 2 credits, and 1 is left')
    undo()
  })

  test('are whole for the first request of a new month, whatever was read a moment before', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', answer(2_000_000))
    const { org, token } = await journey.newOrg('capped_whole')
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
    try {
      vi.setSystemTime(Date.UTC(2030, 0, 31, 23, 59, 30))
      expect((await ask(token)).status).toBe(200)
      await soon(async () => expect((await explain(org, 'assistant')).refusal?.code).toBe('spend_cap_reached'))
      expect((await ask(token)).status).toBe(402)
      vi.setSystemTime(Date.UTC(2030, 1, 1))
      let first = await ask(token)
      // A database that is slow to answer is no limit.
      while (first.status === 503) first = await ask(token)
      expect(first.status).toBe(200)
    } finally {
      vi.useRealTimers()
      undo()
    }
  })

  test('charge the first request of a new month to its own allowance, not to what lapsed', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', answer(1))
    await journey.ownkey.putOrg('turning', { plan: 'monthly' })
    const token = await journey.ownkey.token({ org: 'turning', feature: 'assistant' })
    vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
    try {
      vi.setSystemTime(Date.UTC(2030, 2, 31, 23, 59, 30))
      expect((await ask(token)).status).toBe(200)
      vi.setSystemTime(Date.UTC(2030, 3, 1))
      expect((await ask(token)).status).toBe(200)
      expect((await journey.ownkey.api('GET', '/orgs/turning')).body.balance).toBe(3)
      // Also on a plan that gives none any more: what was left of the old one has lapsed.
      await journey.ownkey.putOrg('turning', { plan: 'prepaid' })
      expect((await ask(token)).status).toBe(200)
      vi.setSystemTime(Date.UTC(2030, 4, 1))
      expect((await ask(token)).status).toBe(402)
    } finally {
      vi.useRealTimers()
      undo()
    }
  })

  test('a cap on a key’s spending for a feature is warned at 80 %, then enforced, and explained', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', answer(400_000))
    const { org, token } = await journey.newOrg('capped')
    expect((await ask(token)).status).toBe(200)
    expect(await kindsOf(org)).toEqual([])
    expect((await ask(token)).status).toBe(200)
    await soon(async () => expect(await kindsOf(org)).toEqual(['cap_near']))
    expect((await ask(token)).status).toBe(200)

    const before = journey.upstream.journal.requests.length
    const refused = await ask(token)
    expect(refused.status).toBe(402)
    expect(refused.headers.find(([name]) => name.toLowerCase() === 'ownkey-error')?.[1]).toBe('spend_cap_reached')
    expect(journey.upstream.journal.requests.length).toBe(before)

    await soon(async () => expect(await kindsOf(org)).toEqual(['cap_reached']))
    expect((await journey.ownkey.api('GET', `/orgs/${org}/notices`)).body.items[0]).toMatchObject({
      provider: 'openai',
      detail:
        'The cap of 1 USD per month for the OpenAI key and the feature Assistant is spent; requests that count toward it are refused.',
      facts: { capName: 'OpenAI, Assistant' },
    })
    await soon(async () => {
      const { refusal, skipped } = await explain(org, 'assistant')
      expect(refusal.code).toBe('spend_cap_reached')
      expect(skipped).toContainEqual(expect.objectContaining({ code: 'spend_cap', source: 'organization' }))
    })
    // The other features have caps of their own, or none.
    expect((await explain(org, 'writer')).attempts).toHaveLength(1)
    for (const feature of ['writer', 'other'])
      expect((await ask(await journey.ownkey.token({ org, feature }))).status).toBe(200)
    await journey.ownkey.api('DELETE', `/orgs/${org}/keys/openai`)
    expect(await kindsOf(org)).toEqual([])
    undo()
  })

  test('a crowd does not pass a cap, when it is known what such answers cost', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', answer(100_000))
    const { token } = await journey.newOrg('capped')
    await ask(token)
    let served = 1
    const worker = async () => {
      for (let n = 0; n < 10; n++) if ((await ask(token)).status === 200) served++
    }
    await Promise.all(Array.from({ length: 5 }, worker))
    expect(served).toBe(10)
    undo()
  })

  test('what fallbacks may cost the platform is capped, and then the own key’s error is the answer', async () => {
    const refusal = json({ error: { code: 'invalid_api_key', message: 'no' } }, { status: 401 })
    const undo = journey.upstream.on('/v1/chat/completions', (exchange) =>
      (exchange.request.header('authorization')?.includes(canaryPlatformKey) ? answer(600_000) : refusal)(exchange),
    )
    const { org, token } = await journey.newOrg('falling')
    expect((await ask(token)).status).toBe(200)
    const second = await ask(token)
    expect(second.status).toBe(401)
    await soon(async () => expect(await kindsOf(org)).toEqual(['cap_reached']))
    const { attempts, skipped } = await explain(org, 'assistant')
    expect(attempts).toHaveLength(1)
    expect(skipped).toContainEqual(expect.objectContaining({ code: 'spend_cap', source: 'platform' }))
    undo()
  })

  test('a model without a price counts as nothing toward a cap, and a notice says so', async () => {
    const undo = journey.upstream.on(
      '/v1/chat/completions',
      json({ usage: { prompt_tokens: 1e9, completion_tokens: 1 } }),
    )
    const { org, token } = await journey.newOrg('capped')
    expect((await ask(token, 'unheard-of')).status).toBe(200)
    await soon(async () => expect(await kindsOf(org)).toEqual(['unpriced']))
    expect((await ask(token, 'unheard-of')).status).toBe(200)
    undo()
  })

  test('a month’s allowance is there at first need, and requests beyond it are refused', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', answer(1))
    await journey.ownkey.putOrg('monthly', { plan: 'monthly' })
    const token = await journey.ownkey.token({ org: 'monthly', feature: 'assistant' })
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 402, 402, 402, 402])
    await soon(async () => {
      const { body } = await journey.ownkey.api('GET', '/orgs/monthly')
      expect(body.balance).toBe(1)
    })
    undo()
  })

  test('what a failed attempt held is there for the next request at once', async () => {
    await journey.ownkey.putOrg('again', { plan: 'monthly' })
    const token = await journey.ownkey.token({ org: 'again', feature: 'assistant' })
    const undo = [journey.upstream.on('/v1/chat/completions', answer(1))]
    expect((await ask(token)).status).toBe(200)
    let fail = () => {}
    const failing = new Promise<void>((resolve) => {
      fail = resolve
    })
    const failure = json({ error: { message: 'down' } }, { status: 500 })
    undo.push(
      journey.upstream.on('/v1/chat/completions', async (exchange) => {
        await until(failing)(exchange)
        await failure(exchange)
      }),
    )
    const first = ask(token)
    await soon(async () => expect((await explain('again', 'assistant')).refusal?.code).toBe('credits_exhausted'))
    fail()
    expect((await first).status).toBe(500)
    undo.pop()?.()
    expect((await ask(token)).status).toBe(200)
    undo.pop()?.()
  })

  test('a request id that the caller repeats is charged once, also when all come at once', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', answer(1))
    await journey.ownkey.putOrg('repeating', { plan: 'monthly' })
    const token = await journey.ownkey.token({ org: 'repeating', feature: 'assistant' })
    const repeat = (id: string) => ask(token, 'test-model', { 'ownkey-request-id': id })
    const left = async () => (await journey.ownkey.api('GET', '/orgs/repeating')).body.balance
    const crowd = await Promise.all(Array.from({ length: 8 }, () => repeat('order-1')))
    expect(crowd.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect((await repeat('order-1')).status).toBe(200)
    await soon(async () => expect(await left()).toBe(3))
    expect((await repeat('order-2')).status).toBe(200)
    await soon(async () => expect(await left()).toBe(1))
    const { body } = await journey.ownkey.api('GET', '/orgs/repeating/requests?requestId=order-1')
    expect(body.items).toHaveLength(9)
    expect(body.items.reduce((sum: number, { credits }: { credits: number }) => sum + credits, 0)).toBe(2)
    undo()
  })

  test('a quota on attempts counts those that fail, too', async () => {
    const undo = journey.upstream.on('/v1/chat/completions', json({ error: { message: 'down' } }, { status: 500 }))
    await journey.ownkey.putOrg('attempts', { plan: 'attempts' })
    const token = await journey.ownkey.token({ org: 'attempts', feature: 'assistant' })
    const statuses = [await ask(token), await ask(token), await ask(token)].map(({ status }) => status)
    expect(statuses).toEqual([500, 500, 429])
    undo()
  })
})

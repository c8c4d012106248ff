import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

/** A million tokens in cost one unit of the model's currency. */
const more = {
  exchangeRates: { INR: 0.01 },
  prices: {
    openai: {
      'dollar-*': { currency: 'USD', input: 1 },
      'rupee-*': { currency: 'INR', input: 1 },
      'euro-*': { currency: 'EUR', input: 1 },
    },
  },
  features: { assistant: { title: 'Assistant', meter: 'asked' }, other: { title: 'Other' } },
  plans: {
    limited: {
      verify: 'format_only',
      quotas: { asked: { limit: 3, per: 'day' } },
      monthlyCredits: 10,
      credits: { ownKey: 0, platformKey: 2 },
    },
    broke: { verify: 'format_only', credits: { ownKey: 0, platformKey: 2 } },
    spent: { verify: 'format_only', monthlyCredits: 4, credits: { ownKey: 0, platformKey: 2 } },
    capped: {
      verify: 'format_only',
      fallback: { mode: 'always', cap: { limit: 5 } },
      caps: [
        { scope: 'organization', per: 'month', limit: 100 },
        { scope: 'key_and_feature', features: ['assistant'], per: 'day', limit: 2 },
      ],
    },
  },
}

const tomorrow = () => {
  const now = new Date()
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
}
const nextMonth = () => Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1, 1)

describe.each(databaseKinds)('what is left, and when it begins anew, on %s', (database) => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startJourney({ database, more })
    journey.upstream.on('/v1/chat/completions', (exchange) => {
      const { tokens } = exchange.request.json() as { tokens: number }
      return json({ choices: [], usage: { prompt_tokens: tokens, completion_tokens: 0 } })(exchange)
    })
  })
  afterAll(() => journey?.close())

  const ask = async (token: string, { model = 'dollar-1', tokens = 1 } = {}) => {
    const answer = await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/openai/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [], tokens }),
    })
    return {
      status: answer.status,
      code: answer.header('ownkey-error'),
      retryAfter: Number(answer.header('retry-after')),
    }
  }
  const preflight = async (org: string, fields: object = {}) =>
    (
      await journey.ownkey.api('POST', `/orgs/${org}/explain`, {
        feature: 'assistant',
        provider: 'openai',
        preflight: true,
        ...fields,
      })
    ).body
  const platformOnly = async (org: string, plan: string) => {
    await journey.ownkey.putOrg(org, { plan })
    return journey.ownkey.token({ org, feature: 'assistant' })
  }
  const expectUntil = (seconds: number, moment: number) =>
    expect(Math.abs(seconds - (moment - Date.now()) / 1000)).toBeLessThan(60)

  test('a preflight right after requests counts them: quota and credits', async () => {
    const token = await platformOnly('counted', 'limited')
    expect(await preflight('counted')).toMatchObject({
      allowed: true,
      keySource: 'platform',
      quotasLeft: { asked: 3 },
      creditsLeft: 10,
      capsLeft: [],
    })
    for (let n = 0; n < 2; n++) expect((await ask(token)).status).toBe(200)
    expect(await preflight('counted')).toMatchObject({ allowed: true, quotasLeft: { asked: 1 }, creditsLeft: 6 })
  })

  test('a grant right after a request tells a balance that counts it', async () => {
    const token = await platformOnly('granted', 'broke')
    // So many that requests do not wait for their reservation.
    const granted: number[] = []
    for (const amount of [10_000, 2, 2]) {
      const grant = { amount, reason: 'Test', idempotencyKey: `grant ${granted.length}` }
      granted.push((await journey.ownkey.api('POST', '/orgs/granted/credits', grant)).body.balance)
      expect((await ask(token)).status).toBe(200)
    }
    expect(granted).toEqual([10_000, 10_000, 10_000])
  })

  test('the settings count requests whose entries were written before anybody asked', async () => {
    const token = await platformOnly('written', 'limited')
    for (let n = 0; n < 2; n++) expect((await ask(token)).status).toBe(200)
    // Over all organizations: writes what waits, and leaves each organization's snapshot as it is.
    await journey.ownkey.api('GET', '/requests')
    const { quotas, credits } = (await journey.ownkey.api('GET', '/orgs/written/settings')).body
    expect([quotas[0].used, credits.balance]).toEqual([2, 6])
  })

  test('a used up quota is refused until the next day, by the ledger and by the decision alike, and explain says when', async () => {
    const token = await platformOnly('used-up', 'limited')
    for (let n = 0; n < 3; n++) expect((await ask(token)).status).toBe(200)
    for (const by of ['the ledger', 'the decision']) {
      const refused = await ask(token)
      expect([by, refused.status, refused.code]).toEqual([by, 429, 'quota_exceeded'])
      expectUntil(refused.retryAfter, tomorrow())
      const answer = await preflight('used-up')
      expect(answer).toMatchObject({ allowed: false, keySource: null, quotasLeft: { asked: 0 } })
      expect(answer.refusal).toMatchObject({ code: 'quota_exceeded', resetsAt: new Date(tomorrow()).toISOString() })
    }
  })

  test('a list of models that is refused for a used up quota says when, too', async () => {
    const token = await platformOnly('listing', 'limited')
    for (let n = 0; n < 3; n++) expect((await ask(token)).status).toBe(200)
    expect(await preflight('listing')).toMatchObject({ allowed: false })
    const headers = { authorization: `Bearer ${token}` }
    const refused = await rawCall(journey.ownkey.url, { path: '/v1/models', headers })
    expect([refused.status, refused.header('ownkey-error')]).toEqual([429, 'quota_exceeded'])
    expectUntil(Number(refused.header('retry-after')), tomorrow())
  })

  test('missing credits say when the plan gives new ones, and nothing where it gives none', async () => {
    const [spent, broke] = [await platformOnly('spent', 'spent'), await platformOnly('broke', 'broke')]
    expect(await ask(broke)).toEqual({ status: 402, code: 'credits_exhausted', retryAfter: Number.NaN })
    for (let n = 0; n < 2; n++) expect((await ask(spent)).status).toBe(200)
    for (let n = 0; n < 2; n++) {
      const refused = await ask(spent)
      expect([refused.status, refused.code]).toEqual([402, 'credits_exhausted'])
      expectUntil(refused.retryAfter, nextMonth())
      await preflight('spent')
    }
    expect((await preflight('broke')).refusal.resetsAt).toBeUndefined()
  })

  test('a preflight shows each cap that counts the attempts, in money, the tightest first', async () => {
    const { org, token } = await journey.newOrg('capped')
    expect((await ask(token, { tokens: 500_000 })).status).toBe(200)
    const { capsLeft, allowed } = await preflight(org)
    expect(allowed).toBe(true)
    const day = { scope: 'key_and_feature', per: 'day', currency: 'USD', limit: '2', features: ['assistant'] }
    const resetsAt = new Date(tomorrow()).toISOString()
    expect(capsLeft).toEqual([
      { ...day, spent: '0.5', left: '1.5', resetsAt, keySources: ['organization'] },
      {
        scope: 'organization',
        per: 'month',
        currency: 'USD',
        limit: '100',
        spent: '0.5',
        left: '99.5',
        resetsAt: new Date(nextMonth()).toISOString(),
        keySources: ['organization', 'platform'],
      },
      { ...day, spent: '0', left: '2', resetsAt, keySources: ['platform'] },
      {
        scope: 'fallback',
        per: 'month',
        currency: 'USD',
        limit: '5',
        spent: '0',
        left: '5',
        resetsAt: new Date(nextMonth()).toISOString(),
        keySources: ['platform'],
      },
    ])
    expect((await preflight(org, { feature: 'other' })).capsLeft.map(({ scope }: { scope: string }) => scope)).toEqual([
      'organization',
      'fallback',
    ])
  })

  test('a reached cap is refused until its period is over, and the preflight still shows it', async () => {
    const { org, token } = await journey.newOrg('capped')
    expect((await ask(token, { tokens: 2_000_000 })).status).toBe(200)
    for (const by of ['the ledger', 'the decision']) {
      const refused = await ask(token)
      expect([by, refused.status, refused.code]).toEqual([by, 402, 'spend_cap_reached'])
      expectUntil(refused.retryAfter, tomorrow())
      const answer = await preflight(org)
      expect(answer).toMatchObject({ allowed: false, refusal: { code: 'spend_cap_reached' } })
      expect(answer.refusal.resetsAt).toBe(new Date(tomorrow()).toISOString())
      expect(answer.capsLeft[0]).toMatchObject({ spent: '2', left: '0', keySources: ['organization'] })
    }
  })

  test('costs in another currency count by the operator’s rate; without one they are shown as not counted', async () => {
    const { org, token } = await journey.newOrg('capped')
    expect((await ask(token, { model: 'rupee-1', tokens: 50_000_000 })).status).toBe(200)
    expect((await ask(token, { model: 'euro-1', tokens: 7_000_000 })).status).toBe(200)
    const { capsLeft } = await preflight(org)
    expect(capsLeft[0]).toMatchObject({ spent: '0.5', left: '1.5', uncounted: [{ currency: 'EUR', amount: '7' }] })
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/notices`)
    const notice = body.items.find(({ kind }: { kind: string }) => kind === 'currency_uncounted')
    expect(notice).toMatchObject({ severity: 'warning', facts: { currency: 'EUR', spent: '7' } })
    expect(notice.fix).toContain('exchangeRates')
    // Two dollars a day: 150 rupees more are one and a half, which the next request meets.
    expect((await ask(token, { model: 'rupee-1', tokens: 150_000_000 })).status).toBe(200)
    expect((await ask(token)).code).toBe('spend_cap_reached')
  })
})

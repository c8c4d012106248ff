import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryPlatformKey } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

const always = { verify: 'format_only', fallback: { mode: 'always' } }
const more = {
  features: { assistant: { title: 'Assistant', meter: 'asked' } },
  plans: {
    standard: { ...always, credits: { ownKey: 2, platformKey: 3 } },
    counted: { ...always, quotas: { asked: { limit: 1, ownKeyExempt: false } } },
  },
}

/** What a failed attempt held must not be missing to the one that steps in for it. */
describe.each(databaseKinds)('a fallback with just enough left, on %s', (database) => {
  let journey: Journey
  beforeAll(async () => {
    journey = await startJourney({ database, more })
    journey.upstream.on('/v1/chat/completions', (exchange) => {
      const isPlatforms = exchange.request.header('authorization') === `Bearer ${canaryPlatformKey}`
      const refusal = { error: { message: 'No.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' } }
      return json(isPlatforms ? { choices: [] } : refusal, { status: isPlatforms ? 200 : 401 })(exchange)
    })
  })
  afterAll(() => journey?.close())

  const ask = async (token: string, headers: Record<string, string> = {}) => {
    const answer = await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/openai/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'gpt-4o', messages: [] }),
    })
    return [answer.status, answer.header('ownkey-fallback') ?? answer.header('ownkey-error')]
  }

  test.each([
    ['', {}],
    [' that its caller named', { 'ownkey-request-id': 'mine' }],
  ])('is served for the credits that are left%s', async (_name, headers: Record<string, string>) => {
    const { org, token } = await journey.newOrg()
    const grant = { amount: 3, reason: 'Test', idempotencyKey: 'one' }
    await journey.ownkey.api('POST', `/orgs/${org}/credits`, grant)
    const { body } = await journey.ownkey.api('POST', `/orgs/${org}/explain`, {
      feature: 'assistant',
      provider: 'openai',
    })
    expect(body.attempts.map(({ source }: { source: string }) => source)).toEqual(['organization', 'platform'])
    expect(await ask(token, headers)).toEqual([200, 'invalid_key'])
    expect((await journey.ownkey.api('GET', `/orgs/${org}/settings`)).body.credits.balance).toBe(0)
  })

  test('is served for what is left of a quota', async () => {
    const { org, token } = await journey.newOrg('counted')
    expect(await ask(token)).toEqual([200, 'invalid_key'])
    expect((await journey.ownkey.api('GET', `/orgs/${org}/settings`)).body.quotas[0]).toMatchObject({ used: 1 })
    expect(await ask(token)).toEqual([429, 'quota_exceeded'])
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

const failing = (status: number, code: string) =>
  json({ error: { message: 'No.', type: 'invalid_request_error', param: null, code } }, { status })

describe.each(databaseKinds)('what a request showed of its key, on %s', (database) => {
  let journey: Journey
  beforeAll(async () => {
    const when = ['invalid_key']
    journey = await startJourney({
      database,
      more: {
        plans: {
          standard: { verify: 'format_only' },
          some: { verify: 'format_only', fallback: { mode: 'customer', default: true, when } },
        },
      },
    })
  })
  afterAll(() => journey?.close())

  const ask = (token: string) =>
    rawCall(journey.ownkey.url, {
      method: 'POST',
      path: '/openai/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [] }),
    })
  const settingsOf = async (org: string) => {
    const { body } = await journey.ownkey.api('GET', `/orgs/${org}/settings`)
    const card = body.providers.find(({ id }: { id: string }) => id === 'openai')
    return { key: card.keys[0], notices: body.notices }
  }

  test('is on the page that is asked for next: when it was used, too', async () => {
    journey.upstream.on('/v1/chat/completions', json({ choices: [] }))
    const { org, token } = await journey.newOrg()
    expect((await settingsOf(org)).key.lastUsedAt).toBeNull()
    const before = Date.now()
    expect((await ask(token)).status).toBe(200)
    const { key } = await settingsOf(org)
    expect(Date.parse(key.lastUsedAt)).toBeGreaterThanOrEqual(before)
    expect(Date.parse(key.lastUsedAt)).toBeLessThanOrEqual(Date.now())
  })

  test('says that the platform stands in only for failures that fall back', async () => {
    const { org, token } = await journey.newOrg('some')
    journey.upstream.on('/v1/chat/completions', failing(429, 'insufficient_quota'))
    expect((await ask(token)).header('ownkey-error')).toBe('quota_exhausted')
    const { key, notices } = await settingsOf(org)
    expect(key).toMatchObject({ status: 'quota', fallback: true })
    expect(notices).toMatchObject([{ kind: 'key_failing', keyId: key.id }])
    expect(notices[0].detail).toContain('Requests on it fail, because no fallback steps in.')
  })

  test('has a reason and a remedy where the key belongs to another host', async () => {
    const { org, token } = await journey.newOrg()
    journey.upstream.on('/v1/chat/completions', failing(401, 'incorrect_hostname'))
    expect((await ask(token)).status).toBe(401)
    expect((await settingsOf(org)).key).toMatchObject({
      status: 'permission',
      statusCause: 'wrong_host',
      statusReason: 'The key belongs to another region or host of the provider.',
      statusFix: 'Choose the region that the key was made in.',
    })
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { fiveProviders, type Journey, journeyConfig, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { type RawAnswer, rawCall } from '../support/raw-call.ts'
import { refusal } from '../support/socket-client.ts'
import { json } from '../support/upstream.ts'

const asHeader = 'ownkey-environment'
const realtime = '/openai/v1/realtime?model=gpt-realtime'
const declared = ['production', 'trial']

let journey: Journey
let org: string
let token: string
/** Made while every environment is one, so that it names one that is not declared later. */
let tokenOfQa: string

beforeAll(async () => {
  journey = await startJourney()
  journey.upstream.on(/./, json({ choices: [{ message: { content: 'ok' } }] }))
  const own = await journey.newOrg('required')
  org = own.org
  token = own.token
  tokenOfQa = await journey.ownkey.token({ org, feature: 'assistant', environment: 'qa' })
})
afterAll(() => journey.close())

const api = async (method: string, path: string, body?: unknown) =>
  journey.ownkey.api(method, `/orgs/${org}${path}`, body)
const settings = async (query = '') => (await api('GET', `/settings${query}`)).body

function ask(
  provider: (typeof fiveProviders)[number],
  headers: Record<string, string>,
  as = token,
): Promise<RawAnswer> {
  const call = nativeCalls[provider](as)
  return rawCall(journey.ownkey.url, { ...call, headers: { ...(call.headers as object), ...headers } })
}

function askDialect(headers: Record<string, string>): Promise<RawAnswer> {
  const body = JSON.stringify({ model: 'openai/gpt-4.1-mini', messages: [{ role: 'user', content: 'Hi' }] })
  const own = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return rawCall(journey.ownkey.url, {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { ...own, ...headers },
    body,
  })
}

describe('where the configuration declares no environments', () => {
  test('a key can be saved, changed, tested, explained, used and removed in any', async () => {
    expect((await settings()).environments).toEqual(['production'])
    const missing = await ask('openai', { [asHeader]: 'qa' })
    expect([missing.status, missing.header('ownkey-error')]).toEqual([403, 'missing_key'])

    const key = { key: canaryKeys.openai, environment: 'qa' }
    expect((await api('PUT', '/keys/openai', key)).body).toMatchObject({ environment: 'qa' })
    expect((await api('PATCH', '/keys/openai', { label: 'Q', environment: 'qa' })).body).toMatchObject({ label: 'Q' })
    expect((await api('POST', '/keys/openai/test?environment=qa')).status).toBe(200)
    expect((await settings()).environments).toEqual(['production', 'qa'])
    expect(await settings('?environment=qa')).toMatchObject({ environment: 'qa' })

    const explained = await api('POST', '/explain', { feature: 'assistant', provider: 'openai', environment: 'qa' })
    expect(explained.body.attempts).toMatchObject([{ source: 'organization' }])
    for (const answer of [await ask('openai', { [asHeader]: 'qa' }), await ask('openai', {}, tokenOfQa)])
      expect([answer.status, answer.header('ownkey-key-source')]).toEqual([200, 'organization'])
    expect((await askDialect({ [asHeader]: 'qa' })).status).toBe(200)
    expect((await api('DELETE', '/keys/openai?environment=qa')).status).toBe(204)
    expect((await settings()).environments).toEqual(['production'])
  })

  test('a page that looks at another one lets it be chosen', async () => {
    expect((await settings('?environment=sandbox')).environments).toEqual(['production', 'sandbox'])
  })

  test('what cannot be an id is refused, without repeating it', async () => {
    for (const answer of [
      await ask('openai', { [asHeader]: 'a:b' }),
      await ask('openai', { [asHeader]: 'x'.repeat(65) }),
    ]) {
      expect([answer.status, answer.header('ownkey-error')]).toEqual([400, 'request_invalid'])
      expect(answer.text).not.toMatch(/a:b|xxx/)
    }
    expect((await api('PUT', '/keys/openai?environment=a%3Ab', { key: canaryKeys.openai })).status).toBe(400)
    expect((await api('GET', '/settings?environment=*')).status).toBe(400)
  })

  test('an empty slot tells in which environments keys are', async () => {
    await api('PUT', '/keys/openai', { key: canaryKeys.openai, environment: 'dev' })
    const question = { feature: 'assistant', provider: 'openai', environment: 'qa' }
    const { skipped } = (await api('POST', '/explain', question)).body
    expect(skipped[0]).toMatchObject({
      code: 'environment',
      reason: expect.stringMatching(/environments “dev”, “production”, and this request is for “qa”/),
    })
  })
})

describe('where it declares them', () => {
  beforeAll(async () => {
    await api('PUT', '/keys/openai', { key: canaryKeys.openai, environment: 'old' })
    const config = journeyConfig(journey.upstream.origin, { environments: declared })
    expect(await journey.ownkey.reload(config)).toBe(true)
  })

  const known = /production, trial/

  test.each(fiveProviders)('the gateway refuses others in the shape of %s, with the known ones', async (provider) => {
    const before = journey.upstream.journal.requests.length
    for (const answer of [await ask(provider, { [asHeader]: 'qa' }), await ask(provider, {}, tokenOfQa)]) {
      expect(['ownkey-error', 'x-should-retry'].map(answer.header)).toEqual(['request_invalid', 'false'])
      expect(answer.status).toBe(400)
      expect(answer.text).toMatch(known)
    }
    expect(journey.upstream.journal.requests).toHaveLength(before)
    expect((await ask(provider, { [asHeader]: 'production' })).status).toBe(200)
  })

  test('so do the one dialect and a WebSocket’s handshake', async () => {
    const answer = await askDialect({ [asHeader]: 'qa' })
    expect(answer).toMatchObject({ status: 400 })
    expect(JSON.parse(answer.text).error).toMatchObject({
      code: 'request_invalid',
      message: expect.stringMatching(known),
    })
    const refused = await refusal(journey.ownkey.url, {
      path: realtime,
      headers: { authorization: `Bearer ${token}`, [asHeader]: 'qa' },
    })
    expect(refused.status).toBe(400)
    expect(refused.json().error.message).toMatch(known)
  })

  test.each([
    ['PUT', '/keys/openai', { key: canaryKeys.openai, environment: 'qa' }],
    ['PATCH', '/keys/openai', { label: 'x', environment: 'qa' }],
    ['POST', '/keys/openai/test?environment=qa', {}],
    ['DELETE', '/keys/openai?environment=qa', undefined],
    ['GET', '/settings?environment=qa', undefined],
    ['POST', '/explain', { feature: 'assistant', environment: 'qa' }],
    ['POST', '/try-out', { feature: 'assistant', environment: 'qa' }],
  ])('%s %s refuses others too', async (method, path, body) => {
    const answer = await api(method, path, body)
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'request_invalid', detail: expect.stringMatching(known) },
    })
  })

  test('no token is made for others', async () => {
    const answer = await journey.ownkey.api('POST', '/tokens', { kind: 'service', environment: 'qa' })
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringMatching(known) } })
  })

  test('the page offers the declared ones, and a key of one that is gone can be removed', async () => {
    expect((await settings()).environments).toEqual(declared)
    expect((await api('DELETE', '/keys/openai?environment=old')).status).toBe(204)
    expect((await api('DELETE', '/keys/openai?environment=old')).status).toBe(400)
  })
})

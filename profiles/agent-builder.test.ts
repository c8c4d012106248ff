import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databaseKinds } from '../test/support/databases.ts'
import { createTestDatabase } from '../test/support/postgres.ts'
import {
  geminiFailures,
  type ProfileOrg,
  platformKey,
  platformKeys,
  profileConfig,
  type Row,
  type RunningProfile,
  startProfile,
} from '../test/support/profile.ts'
import { startOwnkey } from '../test/support/running-server.ts'
import { json, signal, until } from '../test/support/upstream.ts'

const invalid = geminiFailures.find(([name]) => name === '400 for an invalid key')![1]
const dayMs = 86_400_000
const dayFromNow = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)

describe.each(databaseKinds)('agent-builder on %s', (database) => {
  let profile: RunningProfile
  beforeAll(async () => {
    profile = await startProfile('agent-builder', { database, set: { gateway: { privateHosts: ['127.0.0.1'] } } })
  })
  afterAll(() => profile.close())

  const newOrg = (plan = 'hosted') => profile.newOrg({ plan })
  const settingsOf = async (org: ProfileOrg, query = ''): Promise<Row> =>
    (await org.api('GET', `/settings${query}`)).body
  const cardOf = async (org: ProfileOrg, id: string): Promise<Row> =>
    (await settingsOf(org)).providers.find((provider: Row) => provider.id === id)
  const quotaOf = async (org: ProfileOrg, meter: string): Promise<Row> =>
    (await settingsOf(org)).quotas.find((quota: Row) => quota.meter === meter)
  const describeImage = async (org: ProfileOrg) => profile.call(await org.token('image_description'), 'gemini')
  const transcribe = async (org: ProfileOrg) => profile.call(await org.token('media_transcription'), 'gemini')
  const source = (answer: { header(name: string): string | undefined }) => answer.header('ownkey-key-source')
  const usedIs = (org: ProfileOrg, meter: string, used: number) =>
    vi.waitFor(async () => expect((await quotaOf(org, meter))['used']).toBe(used), 8_000)
  const noticesOf = async (org: ProfileOrg): Promise<Row[]> => (await org.api('GET', '/notices')).body.items

  test.each(['en', 'zh', 'hi', 'es', 'de'])('FA1 the settings page is served below /%s/', async (locale) => {
    const { platform } = await settingsOf(await newOrg())
    expect(platform.locales).toContain(locale)
    const page = await fetch(`${profile.ownkey.url}/${locale}/settings`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
  })

  test('FA2 there is one key per provider: the well-known ones, any compatible endpoint, and the rest of the catalogue', async () => {
    const org = await newOrg()
    const ids = (await settingsOf(org)).providers.map(({ id }: Row) => id)
    expect(ids).toEqual(
      expect.arrayContaining(['openai', 'openai_compatible', 'anthropic', 'gemini', 'groq', 'mistral', 'deepseek']),
    )
    for (const id of ['openai', 'anthropic', 'gemini']) {
      await org.putKey(id)
      const key = await org.putKey(id)
      const { keys } = await cardOf(org, id)
      expect(keys.map(({ last4, version }: Row) => [last4, version])).toEqual([[key.slice(-4), 2]])
    }
    const needsAddress = await org.api('PUT', '/keys/openai_compatible', { key: profile.newKey('openai') })
    expect(needsAddress.status).toBe(400)
    const baseUrl = `${profile.upstream.origin}/models-of-ours`
    const key = await org.putKey('openai_compatible', { baseUrl })
    const answer = await profile.send({
      method: 'POST',
      path: '/openai_compatible/v1/chat/completions',
      headers: { authorization: `Bearer ${await org.token('chat')}`, 'content-type': 'application/json' },
      body: '{"model":"ours","messages":[]}',
    })
    expect([answer.status, source(answer)]).toEqual([200, 'organization'])
    expect(profile.seen(key).at(-1)?.path).toBe('/models-of-ours/v1/chat/completions')
    const moved = await org.api('PATCH', '/keys/openai_compatible', { baseUrl: 'https://elsewhere.example' })
    expect([moved.status, moved.body.code]).toEqual([409, 'key_required'])
    const replaced = await org.putKey('openai_compatible')
    const [shown] = (await cardOf(org, 'openai_compatible'))['keys']
    expect(shown).toMatchObject({ version: 2, last4: replaced.slice(-4), baseUrl })
  })

  test('FA3 only owners and admins replace keys, and everyone sees them masked', async () => {
    const org = await newOrg()
    const key = await org.putKey('gemini')
    const member = await org.member('member')
    const seen = (await org.api('GET', '/settings', undefined, member)).body
    expect(seen.you.canManage).toBe(false)
    expect(JSON.stringify(seen)).toContain(key.slice(-4))
    expect(JSON.stringify(seen)).not.toContain(key.slice(4, 14))
    const body = { key: profile.newKey('gemini') }
    expect((await org.api('PUT', '/keys/gemini', body, member)).status).toBe(403)
    expect((await org.api('PUT', '/keys/gemini', body, await org.member('admin'))).status).toBe(200)
  })

  test('FA4 own keys cost nothing here; hosted quotas count where the platform supplies the model', async () => {
    const org = await newOrg()
    expect(source(await describeImage(org))).toBe('platform')
    await usedIs(org, 'image_recognition', 1)
    await org.putKey('gemini')
    expect(source(await describeImage(org))).toBe('organization')
    await vi.waitFor(async () => {
      const { body } = await org.api('GET', '/usage?groupBy=keySource')
      expect(body.rows.map((row: Row) => [row['group'].keySource, row['requests'], row['credits']])).toEqual([
        ['organization', 1, 0],
        ['platform', 1, 0],
      ])
    }, 8_000)
    expect((await quotaOf(org, 'image_recognition'))['used']).toBe(1)
  })

  test('FA5 with an own Gemini key neither hosted quota is consumed, and one that is used up stops nothing', async () => {
    const org = await newOrg()
    const token = await org.token('media_transcription')
    const hosted = await Promise.all(Array.from({ length: 62 }, () => profile.call(token, 'gemini')))
    expect(hosted.map(({ status }) => status).sort()).toEqual([...Array(60).fill(200), 429, 429])
    const key = await org.putKey('gemini')
    const used = profile.seen(key).length
    for (const answer of [await describeImage(org), await transcribe(org)])
      expect([answer.status, source(answer)]).toEqual([200, 'organization'])
    expect(profile.seen(key)).toHaveLength(used + 2)
    await usedIs(org, 'media_transcription', 60)
    await usedIs(org, 'image_recognition', 0)
  })

  test.each(['gemini', 'openai', 'anthropic'] as const)(
    'FA6 on a BYOK-only plan a missing %s key is an error that names what to do, and the platform’s key is never used',
    async (provider) => {
      const org = await newOrg('byok_only')
      const before = profile.seen(platformKey).length
      const answer = await profile.call(await org.token('chat'), provider)
      expect([answer.status, answer.header('ownkey-error'), answer.header('x-should-retry')]).toEqual([
        403,
        'missing_key',
        'false',
      ])
      expect(answer.text).toMatch(/Add an? .* key .*AI settings; the plan never uses the platform’s key here/)
      const key = await org.putKey(provider)
      const token = await org.token('chat')
      expect(source(await profile.call(token, provider))).toBe('organization')
      for (const failure of geminiFailures) {
        profile.answer(key, failure[1])
        expect((await profile.call(token, provider)).status).toBeGreaterThanOrEqual(400)
      }
      await org.api('POST', `/keys/${provider}/disable`)
      expect((await profile.call(token, provider)).status).toBe(403)
      expect(profile.seen(platformKey)).toHaveLength(before)
    },
  )

  test('FA7 a saved key serves the next request, a replaced one too, and a removed one no more', async () => {
    const org = await newOrg('byok_only')
    const token = await org.token('chat')
    expect((await profile.call(token, 'openai')).status).toBe(403)
    const first = await org.putKey('openai')
    expect((await profile.call(token, 'openai')).status).toBe(200)
    const replaced = await org.putKey('openai')
    const before = profile.seen(first).length
    expect((await profile.call(token, 'openai')).status).toBe(200)
    expect(profile.seen(first)).toHaveLength(before)
    expect(profile.seen(replaced).some(({ method }) => method === 'POST')).toBe(true)
    await org.api('DELETE', '/keys/openai')
    expect((await profile.call(token, 'openai')).status).toBe(403)
  })

  test('FA8 before an upload the product learns whether it may, whose key it would be, and what remains', async () => {
    const org = await newOrg()
    const ask = async () => (await org.api('POST', '/explain', { feature: 'image_description', preflight: true })).body
    expect(await ask()).toMatchObject({ allowed: true, keySource: 'platform', quotasLeft: { image_recognition: 100 } })
    const token = await org.token('image_description')
    await Promise.all(Array.from({ length: 100 }, () => profile.call(token, 'gemini')))
    await usedIs(org, 'image_recognition', 100)
    await vi.waitFor(async () => {
      expect(await ask()).toMatchObject({
        allowed: false,
        keySource: null,
        quotasLeft: { image_recognition: 0 },
        refusal: { code: 'quota_exceeded' },
      })
    }, 8_000)
    await org.putKey('gemini')
    expect(await ask()).toMatchObject({ allowed: true, keySource: 'organization' })
    const required = await newOrg('byok_only')
    const refused = await required.api('POST', '/explain', { feature: 'image_description', preflight: true })
    expect(refused.body).toMatchObject({ allowed: false, refusal: { code: 'missing_key' } })
  })

  test('FA9 only successful transcriptions count toward the monthly limit', async () => {
    const org = await newOrg()
    profile.answer(platformKey, geminiFailures.find(([name]) => name === '500')![1])
    for (let turn = 0; turn < 3; turn++) expect((await transcribe(org)).status).toBe(500)
    profile.answer(
      platformKey,
      json({ error: { code: 400, message: 'Unsupported media', status: 'INVALID_ARGUMENT' } }, { status: 400 }),
    )
    expect((await transcribe(org)).status).toBe(400)
    profile.answer(platformKey, null)
    expect((await transcribe(org)).status).toBe(200)
    await usedIs(org, 'media_transcription', 1)
  })

  test('FA10 usage and limits are there to be shown before they are hit, and a notice comes at four fifths', async () => {
    const org = await newOrg()
    expect((await settingsOf(org)).quotas).toMatchObject([
      {
        meter: 'image_recognition',
        title: 'image recognitions',
        used: 0,
        limit: 100,
        per: 'month',
        features: ['image_description'],
      },
      {
        meter: 'media_transcription',
        title: 'media transcriptions',
        used: 0,
        limit: 60,
        per: 'month',
        features: ['media_transcription'],
      },
    ])
    const resets = new Date((await quotaOf(org, 'image_recognition'))['resetsAt'])
    expect([resets.getUTCDate(), resets.getUTCHours(), resets.getTime() > Date.now()]).toEqual([1, 0, true])
    const token = await org.token('media_transcription')
    await Promise.all(Array.from({ length: 47 }, () => profile.call(token, 'gemini')))
    await usedIs(org, 'media_transcription', 47)
    expect(await noticesOf(org)).toEqual([])
    await profile.call(token, 'gemini')
    await vi.waitFor(async () => expect(await noticesOf(org)).toMatchObject([{ kind: 'quota_near' }]), 8_000)
  })

  test('FA11 a quota error says: add a Gemini key, or ask an admin to raise the plan’s limit', async () => {
    const org = await newOrg()
    const token = await org.token('media_transcription')
    await Promise.all(Array.from({ length: 60 }, () => profile.call(token, 'gemini')))
    const answer = await vi.waitFor(async () => {
      const refused = await profile.call(token, 'gemini')
      expect(refused.status).toBe(429)
      return refused
    }, 8_000)
    expect(answer.header('ownkey-error')).toBe('quota_exceeded')
    expect(answer.text).toMatch(/Add a Google Gemini key|Add a Gemini key/)
    expect(answer.text).toMatch(/ask an admin(istrator)? to raise the plan.s limit/)
    expect(answer.header('x-should-retry')).toBe('false')
  })

  test('FA12 a due date is reminded of and passes without an interruption; each key says which team owns it', async () => {
    const org = await newOrg()
    await org.putKey('gemini', { rotateBy: dayFromNow(60), owner: 'Platform team' })
    const rotation = async () => (await cardOf(org, 'gemini'))['keys'][0]
    expect(await rotation()).toMatchObject({ rotation: 'scheduled', owner: 'Platform team', rotateBy: dayFromNow(60) })
    expect(await noticesOf(org)).toEqual([])
    await org.api('PATCH', '/keys/gemini', { rotateBy: dayFromNow(7) })
    expect(await rotation()).toMatchObject({ rotation: 'due_soon' })
    expect(await noticesOf(org)).toMatchObject([{ kind: 'rotation_due', facts: { owner: 'Platform team' } }])
    await org.api('PATCH', '/keys/gemini', { rotateBy: dayFromNow(-1) })
    expect(await rotation()).toMatchObject({ rotation: 'overdue' })
    expect(await noticesOf(org)).toMatchObject([{ kind: 'rotation_overdue', severity: 'critical' }])
    expect(source(await describeImage(org))).toBe('organization')
    await org.putKey('gemini', { rotateBy: dayFromNow(90) })
    expect(await noticesOf(org)).toEqual([])
    expect(await rotation()).toMatchObject({ rotation: 'scheduled', owner: 'Platform team' })
  })

  test('FA12 a key is replaced without a failed request, and what runs on the old one ends on it', async () => {
    const org = await newOrg('byok_only')
    const old = await org.putKey('openai')
    const token = await org.token('chat')
    const [here, go] = [signal(), signal()]
    profile.answer(old, async (exchange) => {
      here.raise()
      await until(go.raised)(exchange)
      await json({ choices: [{ message: { content: 'late' } }] })(exchange)
    })
    const running = profile.call(token, 'openai')
    await here.raised
    const fresh = await org.putKey('openai')
    const probes = profile.seen(fresh).length
    const during = await Promise.all(Array.from({ length: 20 }, () => profile.call(token, 'openai')))
    expect(during.map(({ status }) => status)).toEqual(Array(20).fill(200))
    go.raise()
    expect([(await running).status, profile.seen(fresh).length - probes]).toEqual([200, 20])
  })

  test('FA12 after a leak a key is disabled at once, and refused replacements leave the old key in service', async () => {
    const org = await newOrg('byok_only')
    const key = await org.putKey('openai')
    const token = await org.token('chat')
    const bad = profile.newKey('openai')
    profile.answer(
      bad,
      json({ error: { message: 'no', type: 'invalid_request_error', code: 'invalid_api_key' } }, { status: 401 }),
    )
    expect((await org.api('PUT', '/keys/openai', { key: bad })).status).toBe(422)
    expect((await profile.call(token, 'openai')).status).toBe(200)
    expect((await org.api('POST', '/keys/openai/disable')).body.state).toBe('disabled')
    const before = profile.seen(key).length
    const refused = await profile.call(token, 'openai')
    expect([refused.status, refused.header('ownkey-error'), profile.seen(key).length - before]).toEqual([
      403,
      'missing_key',
      0,
    ])
    expect((await org.api('POST', '/keys/openai/enable')).body.state).toBe('active')
    expect((await profile.call(token, 'openai')).status).toBe(200)
  })

  test('FA13 a key that expired gives the provider’s error, stands in the log, and a message can be tried', async () => {
    const org = await newOrg()
    const key = await org.putKey('gemini')
    profile.answer(key, invalid)
    const before = profile.seen(platformKey).length
    const answer = await describeImage(org)
    expect([answer.status, answer.header('ownkey-error')]).toEqual([400, 'invalid_key'])
    expect(answer.json().error.message).toContain('API key not valid')
    await vi.waitFor(async () => {
      const [row] = (await org.api('GET', '/requests?outcome=failed')).body.items
      expect(row).toMatchObject({
        feature: 'image_description',
        errorClass: 'invalid_key',
        status: 400,
        keySource: 'organization',
      })
      expect(await noticesOf(org)).toMatchObject([{ kind: 'key_failing', provider: 'gemini' }])
    }, 8_000)
    const tried = await org.api('POST', '/try-out', { feature: 'chat', provider: 'gemini' }, await org.member('owner'))
    expect(tried.body).toMatchObject({ ok: false, error: { code: 'invalid_key' } })
    expect(profile.seen(platformKey)).toHaveLength(before)
    await org.putKey('gemini')
    const again = await org.api('POST', '/try-out', { feature: 'chat', provider: 'gemini' }, await org.member('owner'))
    expect(again.body).toMatchObject({ ok: true, text: 'well', keySource: 'organization' })
  })

  test('FA14 staging and production have keys of their own, and a staging request never uses the production key', async () => {
    const org = await newOrg('byok_only')
    const production = await org.putKey('openai')
    const refused = await profile.call(await org.token('chat', { environment: 'staging' }), 'openai')
    expect([refused.status, refused.header('ownkey-error')]).toEqual([403, 'missing_key'])
    expect(refused.text).toContain('production')
    const staging = await org.putKey('openai', { environment: 'staging' })
    const probes = [production, staging].map((key) => profile.seen(key).length)
    const count = () => [production, staging].map((key, index) => profile.seen(key).length - probes[index]!)
    await profile.call(await org.token('chat', { environment: 'staging' }), 'openai')
    expect(count()).toEqual([0, 1])
    await profile.call(await org.token('chat'), 'openai')
    expect(count()).toEqual([1, 1])
    await org.api('DELETE', '/keys/openai?environment=staging')
    expect((await profile.call(await org.token('chat', { environment: 'staging' }), 'openai')).status).toBe(403)
    expect(count()).toEqual([1, 1])
    const wrong = await org.api('PUT', '/keys/openai', { key: profile.newKey('openai'), environment: 'testing' })
    expect([wrong.status, wrong.body.code]).toEqual([400, 'request_invalid'])
  })

  test('FA15 for each feature the page says which provider, host and region receive the data', async () => {
    const org = await newOrg()
    await org.putKey('gemini')
    const { features, providers } = await settingsOf(org)
    for (const { id, decision } of features.filter(({ id }: Row) => id !== 'chat')) {
      const [attempt] = decision.attempts
      expect([id, attempt.provider, attempt.host]).toEqual([id, 'gemini', new URL(profile.upstream.origin).host])
      expect(attempt.region).toBe('global')
    }
    for (const provider of providers.filter(({ needsBaseUrl }: Row) => !needsBaseUrl))
      for (const served of provider.serves.filter(({ source: whose }: Row) => whose !== null))
        expect(served.host).toMatch(/\w/)
  })

  test('FA15 a plan can restrict regions: a key of another region is refused, one of the plan’s serves', async () => {
    const org = await newOrg('hosted_eu')
    const before = profile.seen(platformKey).length
    const hosted = await describeImage(org)
    expect([hosted.status, hosted.header('ownkey-error')]).toEqual([403, 'region_not_allowed'])
    expect(profile.seen(platformKey)).toHaveLength(before)
    const explained = await org.api('POST', '/explain', { feature: 'chat', provider: 'openai' })
    expect(explained.body.refusal.code).toBe('region_not_allowed')
    const regions = (await cardOf(org, 'openai'))['regions']
    expect(regions.find(({ id }: Row) => id === 'eu')).toMatchObject({ allowed: true, host: 'eu.api.openai.com' })
    expect(regions.filter(({ id }: Row) => id !== 'eu').every(({ allowed }: Row) => !allowed)).toBe(true)
    const key = profile.newKey('openai')
    const abroad = await org.api('PUT', '/keys/openai', { key, region: 'us' })
    expect([abroad.status, abroad.body.code]).toEqual([403, 'region_not_allowed'])
    const unsaid = await org.api('PUT', '/keys/openai', { key })
    expect([unsaid.status, unsaid.body.code, unsaid.body.facts.choices]).toEqual([403, 'region_not_allowed', 'eu'])
    expect(profile.seen(key)).toHaveLength(0)
    // Saved before the organization came to this plan.
    await profile.ownkey.putOrg(org.org, { plan: 'hosted' })
    await org.putKey('openai', { key })
    await profile.ownkey.putOrg(org.org, { plan: 'hosted_eu' })
    const probes = profile.seen(key).length
    const token = await org.token('chat')
    const refused = await profile.call(token, 'openai')
    expect([refused.status, refused.header('ownkey-error')]).toEqual([403, 'region_not_allowed'])
    expect(profile.seen(key)).toHaveLength(probes)
    await org.putKey('openai', { key, region: 'eu' })
    expect(source(await profile.call(token, 'openai'))).toBe('organization')
    const [attempt] = (await org.api('POST', '/explain', { feature: 'chat', provider: 'openai' })).body.attempts
    expect([attempt.source, attempt.region]).toEqual(['organization', 'eu'])
  })

  test('FA16 a spend cap per key, feature and month warns at four fifths and is enforced', async () => {
    const capped = await startProfile('agent-builder', {
      database,
      set: {
        'plans.hosted.caps': [{ scope: 'key_and_feature', per: 'month', limit: 0.01, currency: 'USD', warnAt: 0.8 }],
      },
    })
    const org = await capped.newOrg({ plan: 'hosted' })
    const key = await org.putKey('openai')
    const token = await org.token('chat')
    // gpt-4o: 2.50 USD a million tokens in, 10 USD out, so 0.0045 USD a request.
    const usage = { prompt_tokens: 1000, completion_tokens: 200, total_tokens: 1200 }
    capped.answer(key, json({ model: 'gpt-4o', choices: [{ message: { content: 'well' } }], usage }))
    expect((await capped.call(token, 'openai')).status).toBe(200)
    await vi.waitFor(async () => {
      const { body } = await org.api('GET', '/usage?groupBy=feature')
      expect(body.total.costs).toEqual([{ currency: 'USD', amount: '0.0045' }])
    }, 8_000)
    expect((await org.api('GET', '/notices')).body.items).toEqual([])
    expect((await capped.call(token, 'openai')).status).toBe(200)
    await vi.waitFor(async () => {
      expect((await org.api('GET', '/notices')).body.items).toMatchObject([{ kind: 'cap_near' }])
    }, 10_000)
    expect((await capped.call(token, 'openai')).status).toBe(200)
    const refused = await vi.waitFor(async () => {
      const answer = await capped.call(token, 'openai')
      expect(answer.status).toBe(402)
      return answer
    }, 10_000)
    expect([refused.header('ownkey-error'), refused.header('x-should-retry')]).toEqual(['spend_cap_reached', 'false'])
    await vi.waitFor(async () => {
      expect((await org.api('GET', '/notices')).body.items).toMatchObject([{ kind: 'cap_reached' }])
    }, 10_000)
    const spent = capped.seen(key).length
    await capped.call(token, 'openai')
    expect([capped.seen(key).length - spent, capped.seen(platformKey).length]).toEqual([0, 0])
    // Another key has a cap of its own for the same feature, and the same key one for another feature.
    const other = await org.putKey('gemini')
    const dear = { promptTokenCount: 100_000, candidatesTokenCount: 1, totalTokenCount: 100_001 }
    capped.answer(other, json({ candidates: [], usageMetadata: dear, modelVersion: 'gemini-2.5-flash' }))
    expect((await capped.call(token, 'gemini')).status).toBe(200)
    await vi.waitFor(async () => expect((await capped.call(token, 'gemini')).status).toBe(402), 10_000)
    expect((await capped.call(await org.token('image_description'), 'gemini')).status).toBe(200)
    await capped.close()
  })
})

test('FA7 on two nodes of one database a saved, replaced or removed key is known to the other within 5 seconds', async () => {
  const shared = await createTestDatabase()
  const env = { DATABASE_URL: shared.url, BYOK_ENCRYPTION_KEY: randomBytes(32).toString('base64') }
  const one = await startProfile('agent-builder', { database: 'embedded', env })
  const two = await startOwnkey({
    config: profileConfig('agent-builder', one.upstream.origin),
    env: { ...platformKeys, ...env },
  })
  const org = await one.newOrg({ plan: 'byok_only' })
  const token = await org.token('chat')
  const onTwo = async () => {
    const answer = await fetch(`${two.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"model":"gpt-4o","messages":[]}',
    })
    await answer.text()
    return answer.status
  }
  const soon = { timeout: 5_000, interval: 50 }
  expect(await onTwo()).toBe(403)
  const first = await org.putKey('openai')
  await vi.waitFor(async () => expect(await onTwo()).toBe(200), soon)
  const second = await org.putKey('openai')
  await vi.waitFor(async () => {
    await onTwo()
    expect(one.seen(second).some(({ method }) => method === 'POST')).toBe(true)
  }, soon)
  const before = one.seen(first).length
  await onTwo()
  expect(one.seen(first)).toHaveLength(before)
  await org.api('DELETE', '/keys/openai')
  await vi.waitFor(async () => expect(await onTwo()).toBe(403), soon)
  await two.close()
  await one.close()
  await shared.drop()
})

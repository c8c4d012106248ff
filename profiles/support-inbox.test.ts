import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { beforeBreadcrumb, scrubSentry } from '../src/client/scrub-sentry.ts'
import { generateMasterKey, parseKeyring } from '../src/crypto/index.ts'
import { loadSealedKeys, openKey } from '../src/vault/index.ts'
import { canaryPrompts } from '../test/support/canary.ts'
import { databaseKinds } from '../test/support/databases.ts'
import { geminiFailures, platformKey, type Row, type RunningProfile, startProfile } from '../test/support/profile.ts'
import { json, sse } from '../test/support/upstream.ts'

const features = [
  'chatbot',
  'classification',
  'internal_assistant',
  'web_assistant',
  'translation',
  'auto_tag',
  'call_analysis',
]
const failureOf = (name: string) => geminiFailures.find(([one]) => one === name)![1]
const revoked = failureOf('400 for an invalid key')
const masterKey = generateMasterKey()

describe.each(databaseKinds)('support-inbox on %s', (database) => {
  let profile: RunningProfile
  beforeAll(async () => {
    profile = await startProfile('support-inbox', { database, env: { BYOK_ENCRYPTION_KEY: masterKey } })
  })
  afterAll(() => profile.close())

  const platformRequests = () => profile.seen(platformKey).length
  const generate = (token: string, model?: string) => profile.call(token, 'gemini', model)
  const notices = async (org: { api: (method: string, path: string) => Promise<{ body: Row }> }) => [
    (await org.api('GET', '/notices')).body.items,
    (await org.api('GET', '/settings')).body.notices,
  ]

  test('CG1 an organization is on the platform’s AI by default, and Gemini is the only other choice', async () => {
    const org = await profile.newOrg()
    const { body } = await org.api('GET', '/settings')
    expect(body.platform.aiName).toBe('ConnectGain AI')
    expect(body.providers.map(({ id }: { id: string }) => id)).toEqual(['gemini'])
    expect(body.providers[0]).toMatchObject({ platformKey: true, keys: [], policy: 'optional' })
    const answer = await generate(await org.token('chatbot'))
    expect([answer.status, answer.header('ownkey-key-source')]).toEqual([200, 'platform'])
    const other = await org.api('PUT', '/keys/openai', { key: profile.newKey('openai') })
    expect([other.status, other.body.code]).toEqual([403, 'provider_not_allowed'])
  })

  test('CG2 three models are offered, each with its hint; the first serves unless another is chosen', async () => {
    const org = await profile.newOrg()
    const { body } = await org.api('GET', '/settings')
    const { models, defaultModel, otherModels } = body.providers[0]
    expect(models.map(({ id, recommended }: Row) => [id, recommended])).toEqual([
      ['gemini-2.5-flash', true],
      ['gemini-2.5-pro', false],
      ['gemini-2.5-flash-lite', false],
    ])
    expect(models.map(({ hint }: Row) => hint)).toEqual([
      'Best balance of price and performance',
      'For heavier reasoning',
      'Cheapest, for simple classification',
    ])
    expect([defaultModel, otherModels]).toEqual(['gemini-2.5-flash', false])
    await org.putKey('gemini')
    const explain = async () => (await org.api('POST', '/explain', { feature: 'chatbot' })).body.attempts[0].model
    expect(await explain()).toBe('gemini-2.5-flash')
    expect((await org.api('PATCH', '/keys/gemini', { model: 'gemini-2.5-pro' })).body.model).toBe('gemini-2.5-pro')
    expect(await explain()).toBe('gemini-2.5-pro')
    expect((await org.api('PATCH', '/keys/gemini', { model: 'gemini-1.5-pro' })).body.code).toBe('model_refused')
  })

  const geminiThree: [how: string, path: string, body: object][] = [
    ['in the path', '/gemini/v1beta/models/gemini-3-pro-preview:generateContent', {}],
    ['streamed', '/gemini/v1beta/models/gemini-3.1-flash:streamGenerateContent?alt=sse', {}],
    ['encoded', '/gemini/v1beta/models/gemini%2D3-pro-preview:generateContent', {}],
    ['with an encoded colon', '/gemini/v1beta/models/gemini-3-pro-preview%3AgenerateContent', {}],
    ['in capitals', '/gemini/v1beta/models/GEMINI-3-PRO-preview:generateContent', {}],
    ['of another version of the API', '/gemini/v1/models/gemini-3-pro:generateContent', {}],
    ['on the OpenAI-compatible route', '/gemini/v1beta/openai/chat/completions', { model: 'gemini-3-pro-preview' }],
    ['with the prefix', '/gemini/v1beta/openai/chat/completions', { model: 'models/gemini-3-pro-preview' }],
    ['in the one dialect', '/v1/chat/completions', { model: 'gemini-3-pro-preview' }],
    ['with the provider before it', '/v1/chat/completions', { model: 'gemini/gemini-3-pro-preview' }],
  ]
  test.each(geminiThree)('CG3 Gemini 3 is refused when requested: %s', async (_how, path, body) => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    const before = platformRequests()
    const answer = await profile.send({
      method: 'POST',
      path,
      headers: { authorization: `Bearer ${await org.token('chatbot')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ contents: [], messages: [{ role: 'user', content: 'hello' }], ...body }),
    })
    expect([answer.status, answer.header('ownkey-error')]).toEqual([403, 'model_refused'])
    expect(answer.text).toContain('JSON-output prompts')
    expect(answer.header('x-should-retry')).toBe('false')
    expect([profile.seen(key).length, platformRequests() - before]).toEqual([0, 0])
  })

  test.each([
    ['twice', '{"model":"gemini-2.5-flash","model":"gemini-3-pro","messages":[]}'],
    ['by an escaped name', '{"mod\\u0065l":"gemini-3-pro","messages":[]}'],
    ['with escapes', '{"model":"gemini\\u002d3-pro","messages":[]}'],
  ])('CG3 Gemini 3 is not smuggled in: named %s', async (_how, body) => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    const answer = await profile.send({
      method: 'POST',
      path: '/gemini/v1beta/openai/chat/completions',
      headers: { authorization: `Bearer ${await org.token('chatbot')}`, 'content-type': 'application/json' },
      body,
    })
    expect([400, 403]).toContain(answer.status)
    expect(profile.seen(key)).toEqual([])
  })

  test('CG3 Gemini 3 is refused when saved, in any spelling, with the reason', async () => {
    const org = await profile.newOrg()
    for (const model of ['gemini-3-pro-preview', 'GEMINI-3.1-flash', 'models/gemini-3-pro', ' gemini-3-flash ']) {
      const answer = await org.api('PUT', '/keys/gemini', { key: profile.newKey('gemini'), model })
      expect([model, answer.status, answer.body.code]).toEqual([model, 403, 'model_refused'])
      expect(answer.body.detail).toContain('JSON-output prompts')
    }
    await org.putKey('gemini')
    expect((await org.api('PATCH', '/keys/gemini', { model: 'gemini-3-pro' })).body.code).toBe('model_refused')
  })

  test('CG4 a key serves all features, or re-engagement only; what is outside stays on the platform’s AI', async () => {
    const org = await profile.newOrg({ addOns: ['re_engagement'] })
    await org.putKey('gemini')
    const sources = async () => {
      const tokens = await Promise.all([...features, 're_engagement'].map((feature) => org.token(feature)))
      const answers = await Promise.all(tokens.map((token) => generate(token)))
      return answers.map((answer) => answer.header('ownkey-key-source'))
    }
    expect(new Set(await sources())).toEqual(new Set(['organization']))
    expect((await org.api('PATCH', '/keys/gemini', { scope: 're_engagement_only' })).status).toBe(200)
    expect(await sources()).toEqual([...features.map(() => 'platform'), 'organization'])
    expect((await org.api('PATCH', '/keys/gemini', { scope: 'chatbot_only' })).body.code).toBe('scope_unknown')
  })

  test.each(geminiFailures)(
    'CG5 with fallback on, %s is handled by the platform’s AI, and a notice lasts until the own key works',
    async (_name, failure, errorClass) => {
      const org = await profile.newOrg()
      const key = await org.putKey('gemini')
      const token = await org.token('chatbot')
      expect((await org.api('GET', '/settings')).body.fallback).toMatchObject({
        mode: 'customer',
        default: true,
        on: true,
      })
      profile.answer(key, failure)
      const answer = await generate(token)
      expect([answer.status, answer.header('ownkey-key-source'), answer.header('ownkey-fallback')]).toEqual([
        200,
        'platform',
        errorClass,
      ])
      await vi.waitFor(async () => {
        for (const list of await notices(org)) expect(list.map(({ kind }: Row) => kind)).toEqual(['fallback_active'])
      }, 5_000)
      profile.answer(key, null)
      await vi.waitFor(async () => expect((await generate(token)).header('ownkey-key-source')).toBe('organization'), {
        timeout: 12_000,
        interval: 200,
      })
      await vi.waitFor(async () => {
        for (const list of await notices(org)) expect(list).toEqual([])
      }, 5_000)
    },
  )

  test('CG5 an error that opens a 200 stream falls back, too', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    profile.answer(
      key,
      sse([{ data: { error: { code: 429, message: 'Resource has been exhausted', status: 'RESOURCE_EXHAUSTED' } } }]),
    )
    const answer = await profile.send({
      method: 'POST',
      path: '/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
      headers: { 'x-goog-api-key': await org.token('chatbot'), 'content-type': 'application/json' },
      body: '{"contents":[]}',
    })
    expect([answer.status, answer.header('ownkey-fallback')]).toEqual([200, 'rate_limited'])
  })

  test.each(geminiFailures)(
    'CG6 with fallback off, %s reaches the caller, says what to mend, and the platform’s account sees nothing',
    async (_name, failure, errorClass) => {
      const org = await profile.newOrg()
      const key = await org.putKey('gemini', { fallback: false })
      profile.answer(key, failure)
      const before = platformRequests()
      const answer = await generate(await org.token('chatbot'))
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.header('ownkey-error')).toMatch(
        errorClass === 'network' ? /upstream_unreachable|network/ : errorClass,
      )
      expect([answer.header('ownkey-key-source'), answer.header('ownkey-fallback')]).toEqual([
        'organization',
        undefined,
      ])
      expect(profile.seen(key)).toHaveLength(1)
      await vi.waitFor(async () => {
        for (const list of await notices(org)) {
          expect(list.map(({ kind }: Row) => kind)).toEqual(['key_failing'])
          expect(list[0].fix).toMatch(/\w{4}/)
        }
      }, 5_000)
      expect(platformRequests() - before).toBe(0)
    },
  )

  test('CG7 the test of a working key is valid, before it is saved and after', async () => {
    const org = await profile.newOrg()
    const pasted = await org.api('POST', '/keys/gemini/test', { key: profile.newKey('gemini') })
    expect([pasted.status, pasted.body.status]).toEqual([200, 'valid'])
    await org.putKey('gemini')
    expect((await org.api('POST', '/keys/gemini/test', {})).body.status).toBe('valid')
    const [key] = (await org.api('GET', '/settings')).body.providers[0].keys
    expect([key.status, key.lastTest.status]).toEqual(['valid', 'valid'])
  })

  const badges: Record<string, string> = {
    '401': 'invalid',
    '403': 'permission',
    '429': 'quota',
    '400 for an invalid key': 'invalid',
    '402': 'quota',
    '500': 'network',
    '503': 'network',
    'no connection': 'network',
  }
  test.each(geminiFailures)(
    'CG8 the test of a key that gets %s shows its badge with cause and fix',
    async (name, failure) => {
      const org = await profile.newOrg()
      const key = await org.putKey('gemini')
      profile.answer(key, failure)
      for (const body of [{ key }, {}]) {
        const answer = await org.api('POST', '/keys/gemini/test', body)
        expect(answer.body.status).toBe(badges[name])
        for (const text of [answer.body.reason, answer.body.fix]) expect(text).toMatch(/\w{4}/)
      }
      const [shown] = (await org.api('GET', '/settings')).body.providers[0].keys
      expect(shown.status).toBe(badges[name])
      for (const text of [shown.statusReason, shown.statusFix]) expect(text).toMatch(/\w{4}/)
    },
  )

  test('CG10 no answer holds more of the key than its preview', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    const answers = await Promise.all([
      org.api('PUT', '/keys/gemini', { key }),
      org.api('PATCH', '/keys/gemini', { label: 'ours' }),
      org.api('POST', '/keys/gemini/test', {}),
      org.api('GET', '/settings'),
      org.api('GET', '/audit'),
      org.api('PUT', '/keys/gemini', { key, model: 'gemini-3-pro' }),
      org.api('PUT', '/keys/openai', { key }),
      org.api('PUT', '/keys/gemini', { key: `${key}\nx` }),
      profile.ownkey.api('GET', '/orgs'),
    ])
    const [shown] = answers[3]!.body.providers[0].keys
    expect(shown.hint).toBe(`AIza••••${key.slice(-4)}`)
    expect(shown.last4).toBe(key.slice(-4))
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(key.slice(4, 12))
  })

  test('CG11 only owners and admins set, change, test and clear; a member reads', async () => {
    const org = await profile.newOrg()
    const member = await org.member('member')
    await org.putKey('gemini')
    const tries: [string, string, object?][] = [
      ['PUT', '/keys/gemini', { key: profile.newKey('gemini') }],
      ['PATCH', '/keys/gemini', { fallback: false }],
      ['POST', '/keys/gemini/test', {}],
      ['DELETE', '/keys/gemini'],
    ]
    for (const [method, path, body] of tries)
      expect([method, (await org.api(method, path, body, member)).status]).toEqual([method, 403])
    const page = await org.api('GET', '/settings', undefined, member)
    expect(page.status).toBe(200)
    expect(page.body.you).toMatchObject({ role: 'member', canManage: false, reason: expect.stringMatching(/owner/i) })
    for (const role of ['owner', 'admin'] as const) {
      const token = await org.member(role)
      expect((await org.api('GET', '/settings', undefined, token)).body.you.canManage).toBe(true)
      for (const [method, path, body] of tries)
        expect([role, method, (await org.api(method, path, body, token)).status < 300]).toEqual([role, method, true])
    }
  })

  test('CG12 the audit log says who set, changed, tested and cleared what, when and from where', async () => {
    const org = await profile.newOrg()
    const admin = await org.member('admin', 'ada')
    await org.api('PUT', '/keys/gemini', { key: profile.newKey('gemini') }, admin)
    await org.api('PATCH', '/keys/gemini', { scope: 're_engagement_only' }, admin)
    await org.api('POST', '/keys/gemini/test', {}, admin)
    await org.api('POST', '/keys/gemini/test', { key: profile.newKey('gemini') }, admin)
    await org.api('DELETE', '/keys/gemini', undefined, admin)
    const { body } = await org.api('GET', '/audit', undefined, admin)
    const rows = body.items.filter(({ action }: Row) => action.startsWith('key.')).reverse()
    expect(rows.map(({ action }: Row) => action)).toEqual([
      'key.set',
      'key.update',
      'key.test',
      'key.test',
      'key.clear',
    ])
    for (const row of rows) {
      expect(row.actor).toMatchObject({ kind: 'member', id: 'ada' })
      expect(row.ip).toMatch(/127\.0\.0\.1|::1/)
      expect(Math.abs(Date.parse(row.at) - Date.now())).toBeLessThan(60_000)
    }
    expect(JSON.stringify(rows[1].detail)).toContain('re_engagement_only')
    expect(rows[2].detail.status).toBe('valid')
  })

  test('CG13 the ready helper takes the key and the message body out of Sentry’s breadcrumbs and events', async () => {
    const key = profile.newKey('gemini')
    const event = {
      message: `PUT with ${key} failed`,
      request: {
        url: `https://x.test/v1?key=${key}`,
        headers: { 'x-goog-api-key': key },
        data: { text: canaryPrompts[0] },
      },
      breadcrumbs: [{ category: 'fetch', data: { url: `/v1?key=${key}`, body: canaryPrompts[0] } }],
    }
    const texts = [JSON.stringify(scrubSentry(event)), JSON.stringify(beforeBreadcrumb(event.breadcrumbs[0]!))]
    for (const text of texts) {
      expect(text).not.toContain(key.slice(4, 14))
      expect(text).not.toContain(canaryPrompts[0].slice(0, 8))
    }
  })

  test('CG14 without the add-on re-engagement is refused, and the key stays for the other features', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    const token = await org.token('re_engagement')
    const refused = await generate(token)
    expect([refused.status, refused.header('ownkey-error')]).toEqual([403, 'add_on_required'])
    expect(refused.header('x-should-retry')).toBe('false')
    expect(profile.seen(key)).toHaveLength(0)
    expect((await generate(await org.token('chatbot'))).header('ownkey-key-source')).toBe('organization')
    await profile.ownkey.putOrg(org.org, { addOns: ['re_engagement'] })
    expect((await generate(token)).header('ownkey-key-source')).toBe('organization')
    await org.api('DELETE', '/keys/gemini')
    expect((await generate(token)).header('ownkey-key-source')).toBe('platform')
  })

  test('CG15 an outage of the provider gives the badge network, and the request was handled', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    profile.answer(key, failureOf('503'))
    const answer = await generate(await org.token('chatbot'))
    expect([answer.status, answer.header('ownkey-fallback')]).toEqual([200, 'provider_error'])
    await vi.waitFor(async () => {
      const [shown] = (await org.api('GET', '/settings')).body.providers[0].keys
      expect(shown.status).toBe('network')
    }, 5_000)
  })

  test('CG16 the page says that the scope is why a feature is still on the platform’s AI', async () => {
    const org = await profile.newOrg({ addOns: ['re_engagement'] })
    await org.putKey('gemini', { scope: 're_engagement_only' })
    const { body } = await org.api('POST', '/explain', { feature: 'chatbot' })
    expect(body.attempts.map(({ source }: Row) => source)).toEqual(['platform'])
    expect(body.skipped).toContainEqual(
      expect.objectContaining({
        source: 'organization',
        code: 'scope',
        reason: expect.stringContaining('Re-engagement only'),
      }),
    )
    const settings = (await org.api('GET', '/settings')).body
    const served = settings.providers[0].serves.find(({ feature }: Row) => feature === 'chatbot')
    expect(served).toMatchObject({ source: 'platform', code: 'scope' })
  })

  test('CG17 a revoked key with fallback off is an error that says so; fallback or a new key serves the next request', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini', { fallback: false })
    const token = await org.token('chatbot')
    expect((await generate(token)).status).toBe(200)
    profile.answer(key, revoked)
    const failed = await generate(token)
    expect([failed.status, failed.header('ownkey-error')]).toEqual([400, 'invalid_key'])
    expect(failed.text).toContain('API key not valid')
    await org.api('PATCH', '/keys/gemini', { fallback: true })
    expect((await generate(token)).header('ownkey-key-source')).toBe('platform')
    await org.api('PATCH', '/keys/gemini', { fallback: false })
    expect((await generate(token)).status).toBe(400)
    await org.putKey('gemini')
    expect((await generate(token)).header('ownkey-key-source')).toBe('organization')
  })

  test('CG18 choosing the platform’s AI clears the key from the store', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    expect((await org.api('DELETE', '/keys/gemini')).status).toBe(204)
    expect((await generate(await org.token('chatbot'))).header('ownkey-key-source')).toBe('platform')
    expect(profile.seen(key)).toHaveLength(0)
    expect((await org.api('GET', '/settings')).body.providers[0].keys).toEqual([])
    const left = await profile.ownkey.atRest((rows) =>
      rows.query(
        'select 1 from key_secrets join provider_keys on key_id = id where org_id = $1 union all select 1 from key_secrets where key_id not in (select id from provider_keys)',
        [org.org],
      ),
    )
    expect(left).toEqual([])
  })

  test('CG9 what is stored is not the key, and opens in no other organization’s place nor under another master key', async () => {
    const [one, two] = [await profile.newOrg(), await profile.newOrg()]
    const keys = [await one.putKey('gemini', { fallback: false }), await two.putKey('gemini', { fallback: false })]
    await profile.ownkey.atRest(async (rows) => {
      const found = await rows.query<{ org_id: string; key_id: string; envelope: Buffer }>(
        'select org_id, key_id, envelope from key_secrets join provider_keys on id = key_id where org_id = any($1)',
        [[one.org, two.org]],
      )
      expect(found).toHaveLength(2)
      const text = JSON.stringify(await rows.query('select t::text from provider_keys t'))
      for (const key of keys) {
        expect(text).not.toContain(key.slice(4, 14))
        for (const { envelope } of found) {
          for (const form of [
            key,
            key.slice(4, 14),
            Buffer.from(key).toString('base64'),
            Buffer.from(key).toString('hex'),
          ])
            expect(Buffer.from(envelope).includes(form)).toBe(false)
        }
      }
      const [keyring, another] = [parseKeyring(masterKey), parseKeyring(generateMasterKey())]
      const [sealed] = await loadSealedKeys({ database: rows, keyring }, one.org)
      expect(openKey(keyring, sealed!).reveal()).toBe(keys[0])
      expect(() => openKey(another, sealed!)).toThrow('cannot be decrypted')
      const [a, b] = found as [(typeof found)[0], (typeof found)[0]]
      for (const [to, from] of [
        [a, b],
        [b, a],
      ] as const)
        await rows.query('update key_secrets set envelope = $2 where key_id = $1', [to.key_id, from.envelope])
    })
    for (const org of [one, two]) {
      const answer = await generate(await org.token('chatbot'))
      expect([answer.status, answer.header('ownkey-error')]).toEqual([403, 'key_unreadable'])
    }
    for (const key of keys) expect(profile.seen(key)).toHaveLength(0)
  })

  test('CG19 a request on an own key costs nothing where one on the platform’s does, and stands in the ledger as the organization’s', async () => {
    const charging = await startProfile('support-inbox', {
      database,
      set: { 'plans.standard.credits': { ownKey: 0, platformKey: 5 } },
    })
    const org = await charging.newOrg()
    await org.api('POST', '/credits', { amount: 100, reason: 'test', idempotencyKey: 'cg19' })
    await org.putKey('gemini')
    const token = await org.token('chatbot')
    for (let turn = 0; turn < 3; turn++) expect((await charging.call(token, 'gemini')).status).toBe(200)
    const booked = async () =>
      (await org.api('GET', '/usage?groupBy=keySource')).body.rows.map((row: Row) => [
        row['group'].keySource,
        row['requests'],
        row['credits'],
      ])
    await vi.waitFor(async () => expect(await booked()).toEqual([['organization', 3, 0]]), 5_000)
    expect((await org.api('GET', '/settings')).body.credits.balance).toBe(100)
    await org.api('DELETE', '/keys/gemini')
    expect((await charging.call(token, 'gemini')).status).toBe(200)
    await vi.waitFor(
      async () =>
        expect((await booked()).sort()).toEqual([
          ['organization', 3, 0],
          ['platform', 1, 5],
        ]),
      5_000,
    )
    expect((await org.api('GET', '/settings')).body.credits.balance).toBe(95)
    await charging.close()
  })

  test('CG20 with an own key the request goes to the provider’s host alone, and without the operator’s override to Google’s', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    expect((await generate(await org.token('chatbot'))).status).toBe(200)
    expect(profile.seen(key)).toHaveLength(1)
    const [attempt] = (await org.api('POST', '/explain', { feature: 'chatbot' })).body.attempts
    expect([attempt.source, attempt.host]).toEqual(['organization', new URL(profile.upstream.origin).host])
    const plain = await startProfile('support-inbox', { database, direct: true })
    const other = await plain.newOrg()
    await other.putKey('gemini')
    const explained = await other.api('POST', '/explain', { feature: 'chatbot' })
    expect(explained.body.attempts.map(({ host }: Row) => host)).toEqual(
      Array(2).fill('generativelanguage.googleapis.com'),
    )
    await plain.close()
  })

  test('CG6 a caller’s own mistake is not a reason to fall back', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('gemini')
    const before = platformRequests()
    profile.answer(
      key,
      json({ error: { code: 400, message: 'Invalid JSON payload', status: 'INVALID_ARGUMENT' } }, { status: 400 }),
    )
    const answer = await generate(await org.token('chatbot'))
    expect([answer.status, answer.header('ownkey-error')]).toEqual([400, 'request_invalid'])
    expect(platformRequests() - before).toBe(0)
  })
})

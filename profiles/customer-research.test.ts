import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databaseKinds } from '../test/support/databases.ts'
import {
  geminiFailures,
  type ProfileOrg,
  platformKey,
  type Row,
  type RunningProfile,
  startProfile,
} from '../test/support/profile.ts'
import { json } from '../test/support/upstream.ts'

const plans = ['free', 'insights', 'interviews', 'enterprise']
const included: Record<string, number> = { free: 100, insights: 1000, interviews: 5000, enterprise: 50_000 }

describe.each(databaseKinds)('customer-research on %s', (database) => {
  let profile: RunningProfile
  beforeAll(async () => {
    profile = await startProfile('customer-research', { database })
  })
  afterAll(() => profile.close())

  const newOrg = (plan = 'free', fields: object = {}) => profile.newOrg({ plan, byokEnabled: true, ...fields })
  const settingsOf = async (org: ProfileOrg, token: string): Promise<Row> =>
    (await org.api('GET', '/settings', undefined, token)).body
  const quotaOf = async (org: ProfileOrg, token: string): Promise<Row> => (await settingsOf(org, token)).quotas[0]
  /** Saves a key as the user would. */
  async function save(org: ProfileOrg, user: string, provider: 'google_gemini' | 'elevenlabs' = 'google_gemini') {
    const key = profile.newKey(provider === 'elevenlabs' ? 'elevenlabs' : 'gemini')
    const answer = await org.api('PUT', `/keys/${provider}`, { key }, await org.member('member', user))
    expect([answer.status, answer.body.provider, answer.body.user]).toEqual([200, provider, user])
    return key
  }
  const ask = async (
    org: ProfileOrg,
    user: string,
    { feature = 'interview_conversation', model = 'gemini-2.5-flash' } = {},
  ) => profile.call(await org.token(feature, { user }), 'gemini', model)
  const source = (answer: { header(name: string): string | undefined }) => answer.header('ownkey-key-source')

  test.each(plans)(
    'KJ1 on the plan %s the platform enables own keys per account, and a key belongs to one user',
    async (plan) => {
      const off = await profile.newOrg({ plan })
      const refused = await off.api(
        'PUT',
        '/keys/google_gemini',
        { key: profile.newKey('gemini') },
        await off.member('member', 'ada'),
      )
      expect([refused.status, refused.body.code]).toEqual([403, 'byok_disabled'])
      expect(`${refused.body.detail} ${refused.body.fix}`).toContain('Koji team')
      const org = await newOrg(plan)
      const key = await save(org, 'ada')
      expect([source(await ask(org, 'ada')), source(await ask(org, 'bob'))]).toEqual(['user', 'platform'])
      expect(profile.seen(key)).toHaveLength(1)
      const nobody = await profile.call(await org.token('interview_conversation'), 'gemini')
      expect(source(nobody)).toBe('platform')
    },
  )

  test('KJ2 google_gemini and elevenlabs are the providers, under those ids, and no other', async () => {
    const org = await newOrg()
    const { providers } = await settingsOf(org, await org.member('owner', 'ada'))
    expect(providers.map(({ id }: Row) => id)).toEqual(['google_gemini', 'elevenlabs'])
    expect(providers.map(({ affects }: Row) => affects)).toEqual([
      ['interview_conversation', 'analysis', 'insight_generation'],
      ['interview_audio'],
    ])
    for (const id of ['openai', 'sarvam', 'anthropic'])
      expect((await org.api('PUT', `/keys/${id}`, { key: profile.newKey('openai'), user: 'ada' })).status).toBe(403)
    const key = await save(org, 'ada', 'elevenlabs')
    const answer = await profile.call(
      await org.token('interview_audio', { user: 'ada' }),
      'elevenlabs',
      'eleven_multilingual_v2',
    )
    expect([answer.status, source(answer), profile.seen(key).length]).toEqual([200, 'user', 1])
  })

  test('KJ3 a key is tested before it is saved, and saving it then asks nobody', async () => {
    const org = await newOrg()
    const ada = await org.member('member', 'ada')
    const key = profile.newKey('gemini')
    const tested = await org.api('POST', '/keys/google_gemini/test', { key }, ada)
    expect([tested.status, tested.body.status]).toEqual([200, 'valid'])
    expect((await settingsOf(org, ada)).providers[0].keys).toEqual([])
    const asked = profile.seen(key).length
    expect((await org.api('PUT', '/keys/google_gemini', { key }, ada)).status).toBe(200)
    expect(profile.seen(key)).toHaveLength(asked)
  })

  test('KJ4 the test says: valid and not expired, permissions, reachable', async () => {
    const org = await newOrg()
    const ada = await org.member('member', 'ada')
    for (const provider of ['google_gemini', 'elevenlabs'] as const) {
      const key = profile.newKey(provider === 'elevenlabs' ? 'elevenlabs' : 'gemini')
      const { body } = await org.api('POST', `/keys/${provider}/test`, { key }, ada)
      const passed = body.checks.filter(({ ok }: Row) => ok).map(({ name }: Row) => name)
      expect(passed).toEqual(expect.arrayContaining(['reachable', 'authenticated', 'permitted']))
      expect(body.checks.find(({ name }: Row) => name === 'authenticated').detail).toContain('expired')
    }
  })

  test('KJ5 the task picks the model, and the user none', async () => {
    const org = await newOrg()
    await save(org, 'ada')
    const ada = await org.member('member', 'ada')
    const models = await Promise.all(
      ['interview_conversation', 'analysis', 'insight_generation', 'interview_audio'].map(
        async (feature) => (await org.api('POST', '/explain', { feature }, ada)).body.attempts[0].model,
      ),
    )
    expect(models).toEqual(['gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-2.5-pro', 'eleven_multilingual_v2'])
    expect((await settingsOf(org, ada)).modelChoice).toBe('feature')
    const key = profile.newKey('gemini')
    const chosen = await org.api('PUT', '/keys/google_gemini', { key, model: 'gemini-2.5-pro' }, ada)
    expect([chosen.status, chosen.body.code]).toEqual([409, 'choice_fixed'])
    const answer = await profile.send({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: `Bearer ${await org.token('analysis', { user: 'ada' })}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'hello' }] }),
    })
    expect([answer.status, answer.header('ownkey-model')]).toEqual([200, 'gemini-2.5-pro'])
  })

  test('KJ6 a private model goes with the own key where the plan allows it, and never with the platform’s', async () => {
    const model = 'gemini-exp-private-1234'
    const enterprise = await newOrg('enterprise')
    const key = await save(enterprise, 'ada')
    const answer = await ask(enterprise, 'ada', { model })
    expect([answer.status, source(answer), profile.seen(key)[0]?.path]).toEqual([
      200,
      'user',
      `/v1beta/models/${model}:generateContent`,
    ])
    const before = profile.seen(platformKey).length
    const other = await ask(enterprise, 'bob', { model })
    expect([other.status, other.header('ownkey-error')]).toEqual([403, 'model_refused'])
    const free = await newOrg('free')
    await save(free, 'ada')
    const refused = await ask(free, 'ada', { model })
    expect([refused.status, refused.header('ownkey-error')]).toEqual([403, 'model_refused'])
    expect(profile.seen(platformKey)).toHaveLength(before)
  })

  test('KJ7 on an own key nothing is charged or counted; the plan’s features and limits apply to the rest', async () => {
    const org = await newOrg()
    await save(org, 'ada')
    const ada = await org.member('member', 'ada')
    for (let turn = 0; turn < 3; turn++) expect((await ask(org, 'ada')).status).toBe(200)
    expect((await ask(org, 'bob')).status).toBe(200)
    await vi.waitFor(async () => {
      expect(await quotaOf(org, ada)).toMatchObject({
        meter: 'included_requests',
        used: 1,
        limit: 100,
        ownKeyExempt: true,
      })
    }, 8_000)
    const { body } = await org.api('GET', '/usage?groupBy=keySource')
    expect(body.rows.map((row: Row) => [row['group'].keySource, row['requests'], row['credits']]).sort()).toEqual([
      ['platform', 1, 0],
      ['user', 3, 0],
    ])
    const unknown = await profile.call(await org.token('interview_conversation', { user: 'ada' }), 'elevenlabs')
    expect([unknown.status, unknown.header('ownkey-error')]).toEqual([403, 'provider_not_allowed'])
  })

  test.each(plans)('KJ7 the plan %s includes its number of requests per month', async (plan) => {
    const org = await newOrg(plan)
    expect(await quotaOf(org, await org.member('member', 'ada'))).toMatchObject({ limit: included[plan], per: 'month' })
  })

  test('KJ8 keys are listed, tested again, replaced and removed by their user', async () => {
    const org = await newOrg()
    const ada = await org.member('member', 'ada')
    const first = await save(org, 'ada')
    const listed = async () => (await settingsOf(org, ada)).providers.flatMap(({ keys }: Row) => keys)
    expect(await listed()).toMatchObject([{ provider: 'google_gemini', last4: first.slice(-4), version: 1 }])
    expect((await org.api('POST', '/keys/google_gemini/test', {}, ada)).body.status).toBe('valid')
    const second = await save(org, 'ada')
    expect(await listed()).toMatchObject([{ last4: second.slice(-4), version: 2 }])
    expect(source(await ask(org, 'ada'))).toBe('user')
    expect(profile.seen(second)).toHaveLength(1)
    expect((await org.api('DELETE', '/keys/google_gemini', undefined, ada)).status).toBe(204)
    expect(await listed()).toEqual([])
  })

  test('KJ9 only the account’s owner sees or uses a key: nobody else in the organization, whatever the role', async () => {
    const org = await newOrg()
    const key = await save(org, 'ada')
    for (const role of ['owner', 'admin', 'member'] as const) {
      const bob = await org.member(role, 'bob')
      expect((await settingsOf(org, bob)).providers.flatMap(({ keys }: Row) => keys)).toEqual([])
      for (const [method, path] of [
        ['PUT', '/keys/google_gemini?user=ada'],
        ['PATCH', '/keys/google_gemini?user=ada'],
        ['DELETE', '/keys/google_gemini?user=ada'],
        ['POST', '/keys/google_gemini/test?user=ada'],
      ] as const) {
        const body = method === 'PUT' ? { key: profile.newKey('gemini') } : method === 'DELETE' ? undefined : {}
        expect([method, (await org.api(method, path, body, bob)).status]).toEqual([method, 403])
      }
      expect((await org.api('GET', '/settings?user=ada', undefined, bob)).status).toBe(403)
      expect((await org.api('POST', '/explain', { feature: 'analysis', user: 'ada' }, bob)).status).toBe(403)
    }
    const ada = await org.member('member', 'ada')
    const [shown] = (await settingsOf(org, ada)).providers[0].keys
    expect(shown.last4).toBe(key.slice(-4))
    expect(JSON.stringify(await settingsOf(org, ada))).not.toContain(key.slice(4, 14))
    expect(source(await ask(org, 'ada'))).toBe('user')
  })

  test('KJ9 what happened to a key is told to its user alone, also when the key is gone', async () => {
    const org = await newOrg()
    const key = await save(org, 'ada')
    const members = { ada: await org.member('member', 'ada'), bob: await org.member('owner', 'bob') }
    profile.answer(key, geminiFailures.find(([name]) => name === '401')![1])
    expect((await ask(org, 'ada')).status).toBe(401)
    const told = async (user: keyof typeof members) =>
      (await org.api('GET', '/notices?state=all', undefined, members[user])).body.items
    await vi.waitFor(async () => expect(await told('ada')).toMatchObject([{ kind: 'key_failing' }]), 8_000)
    expect(await told('bob')).toEqual([])
    expect((await org.api('DELETE', '/keys/google_gemini', undefined, members.ada)).status).toBe(204)
    expect(await told('ada')).toMatchObject([{ kind: 'key_failing', resolvedAt: expect.any(String) }])
    expect(await told('bob')).toEqual([])
  })

  test('KJ9 what is stored is bound to the user: one user’s ciphertext does not open as another’s', async () => {
    const org = await newOrg()
    const keys = [await save(org, 'ada'), await save(org, 'bob')]
    await profile.ownkey.atRest(async (rows) => {
      const found = await rows.query<{ key_id: string; envelope: Buffer }>(
        'select key_id, envelope from key_secrets join provider_keys on id = key_id where org_id = $1 order by user_id',
        [org.org],
      )
      for (const { envelope } of found)
        for (const key of keys) expect(Buffer.from(envelope).includes(key.slice(4, 14))).toBe(false)
      await rows.query('update key_secrets set envelope = $2 where key_id = $1', [found[0]!.key_id, found[1]!.envelope])
    })
    const answer = await ask(org, 'ada')
    expect([answer.status, answer.header('ownkey-error')]).toEqual([403, 'key_unreadable'])
    expect(profile.seen(keys[1]!)).toHaveLength(0)
  })

  test('KJ10 an invalid key is explained with what was noticed: spaces, and a prefix that is missing', async () => {
    const org = await newOrg()
    const ada = await org.member('member', 'ada')
    const key = profile.newKey('gemini')
    const spaced = await org.api('POST', '/keys/google_gemini/test', { key: `  ${key}\n` }, ada)
    expect(spaced.body.remarks.join(' ')).toMatch(/space/i)
    const bare = `${key.slice(4)}0000`
    profile.answer(bare, geminiFailures.find(([name]) => name === '400 for an invalid key')![1])
    const { body } = await org.api('POST', '/keys/google_gemini/test', { key: bare }, ada)
    expect(body.status).toBe('invalid')
    expect(JSON.stringify(body)).toContain('AIza')
    expect(body.fix).toMatch(/\w{4}/)
    const saved = await org.api('PUT', '/keys/google_gemini', { key: bare }, ada)
    expect([saved.status, saved.body.code]).toEqual([400, 'key_malformed'])
    expect(saved.body.detail).toContain('AIza')
  })

  test('KJ10 insufficient permissions name the missing one', async () => {
    const org = await newOrg()
    const ada = await org.member('member', 'ada')
    const key = profile.newKey('elevenlabs')
    const missing = {
      status: 'missing_permissions',
      message: 'The API key you used is missing the permission text_to_speech to execute this operation.',
    }
    profile.answer(key, json({ detail: missing }, { status: 401 }))
    const { body } = await org.api('POST', '/keys/elevenlabs/test', { key }, ada)
    expect(body.status).toBe('permission')
    expect(`${body.reason} ${body.fix}`).toContain('text_to_speech')
  })

  test('KJ10 a slow or limited key is explained with the limits that the provider tells', async () => {
    const org = await newOrg()
    const ada = await org.member('member', 'ada')
    const key = await save(org, 'ada', 'elevenlabs')
    const headers = {
      'maximum-concurrent-requests': '4',
      'current-concurrent-requests': '4',
      'x-ratelimit-limit-requests': '60',
    }
    profile.answer(key, json({ models: [], ok: true }, { headers }))
    const { body } = await org.api('POST', '/keys/elevenlabs/test', {}, ada)
    expect(body.limits).toEqual(headers)
    expect(body.checks.find(({ name }: Row) => name === 'latency').detail).toContain('maximum-concurrent-requests 4')
    const [shown] = (await settingsOf(org, ada)).providers[1].keys
    expect(shown.lastTest.limits).toEqual(headers)
  })

  test('KJ10 many requests per run are explained by requests per model and endpoint', async () => {
    const org = await newOrg()
    await save(org, 'ada')
    for (let turn = 0; turn < 3; turn++) await ask(org, 'ada')
    await ask(org, 'ada', { feature: 'analysis', model: 'gemini-2.5-pro' })
    const ada = await org.member('member', 'ada')
    await vi.waitFor(async () => {
      const { body } = await org.api('GET', '/usage?groupBy=model,surface', undefined, ada)
      const rows = body.rows.map(({ group, requests }: Row) => [group.model, group.surface, requests])
      expect(rows.sort()).toEqual([
        ['gemini-2.5-flash', expect.any(String), 3],
        ['gemini-2.5-pro', expect.any(String), 1],
      ])
    }, 8_000)
  })

  test('KJ11 a removed key returns at once to the built-in allocation, and nothing else changes', async () => {
    const org = await newOrg()
    const key = await save(org, 'ada')
    const audio = await save(org, 'ada', 'elevenlabs')
    const ada = await org.member('member', 'ada')
    await ask(org, 'ada')
    expect((await org.api('DELETE', '/keys/google_gemini', undefined, ada)).status).toBe(204)
    const answer = await ask(org, 'ada')
    expect([answer.status, source(answer), profile.seen(key).length]).toEqual([200, 'platform', 1])
    await vi.waitFor(async () => expect((await quotaOf(org, ada))['used']).toBe(1), 8_000)
    const spoken = await profile.call(
      await org.token('interview_audio', { user: 'ada' }),
      'elevenlabs',
      'eleven_multilingual_v2',
    )
    expect([source(spoken), profile.seen(audio).length]).toEqual(['user', 1])
  })

  test('KJ11 beyond the included requests the platform’s key stops, and an own key goes on', async () => {
    const org = await newOrg('free')
    const token = await org.token('analysis', { user: 'bob' })
    const answers = await Promise.all(
      Array.from({ length: 104 }, () => profile.call(token, 'gemini', 'gemini-2.5-pro')),
    )
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([...Array(100).fill(200), ...Array(4).fill(429)])
    const refused = await profile.call(token, 'gemini', 'gemini-2.5-pro')
    expect([refused.status, refused.header('ownkey-error')]).toEqual([429, 'quota_exceeded'])
    await save(org, 'bob')
    expect(source(await profile.call(token, 'gemini', 'gemini-2.5-pro'))).toBe('user')
  })

  test('KJ12 a token of Ownkey pasted as a key, and a key used as a token, are told apart in words', async () => {
    const org = await newOrg()
    const ada = await org.member('member', 'ada')
    const token = await org.token('analysis', { user: 'ada' })
    for (const key of [token, ada]) {
      const answer = await org.api('PUT', '/keys/google_gemini', { key }, ada)
      expect([answer.status, answer.body.code]).toEqual([400, 'key_malformed'])
      expect(answer.body.detail).toContain('token of Ownkey')
      expect(JSON.stringify(answer.body)).not.toContain(key.slice(4, 14))
    }
    for (const maker of ['gemini', 'elevenlabs'] as const) {
      const key = profile.newKey(maker)
      const asToken = await profile.call(key, maker)
      expect([asToken.status, asToken.header('ownkey-error')]).toEqual([401, 'token_invalid'])
      expect(asToken.text).toMatch(/provider(’|')s key|key of a provider/i)
      expect(asToken.text).toContain('okt_')
      const atControl = await org.api('GET', '/settings', undefined, key)
      expect([atControl.status, atControl.body.code]).toEqual([401, 'token_invalid'])
      expect(`${atControl.body.detail}`).toMatch(/provider/)
      expect(JSON.stringify(atControl.body) + asToken.text).not.toContain(key.slice(6, 14))
    }
    expect([token.slice(0, 4), ada.slice(0, 4)]).toEqual(['okt_', 'oks_'])
  })
})

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databaseKinds } from '../test/support/databases.ts'
import {
  openaiFailures,
  type ProfileOrg,
  platformKey,
  type Row,
  type RunningProfile,
  startProfile,
} from '../test/support/profile.ts'

const languageFeatures = ['interview', 'opportunity_scoring', 'recommendation', 'agent_brief', 'wiki']
const voiceFeatures = ['speech_to_text', 'text_to_speech', 'speech_translation']
const slots = ['openai', 'sarvam', 'elevenlabs']

describe.each(databaseKinds)('voice-research on %s', (database) => {
  let profile: RunningProfile
  beforeAll(async () => {
    profile = await startProfile('voice-research', { database })
  })
  afterAll(() => profile.close())

  /** An organization that the platform's administrator enabled, with credits. */
  async function enabled(credits = 1000): Promise<ProfileOrg> {
    const org = await profile.newOrg({ byokEnabled: true })
    if (credits > 0) await org.api('POST', '/credits', { amount: credits, reason: 'test', idempotencyKey: 'start' })
    return org
  }
  const settingsOf = async (org: ProfileOrg, token?: string): Promise<Row> =>
    (await org.api('GET', '/settings', undefined, token)).body
  const keysOf = async (org: ProfileOrg, id: string): Promise<Row[]> =>
    (await settingsOf(org)).providers.find((provider: Row) => provider.id === id).keys
  const chat = async (org: ProfileOrg, feature = 'interview') => profile.call(await org.token(feature), 'openai')
  const translate = async (org: ProfileOrg) =>
    profile.send({
      method: 'POST',
      path: '/sarvam/translate',
      headers: { 'api-subscription-key': await org.token('speech_translation'), 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'hello', source_language_code: 'en-IN', target_language_code: 'hi-IN' }),
    })
  const source = (answer: { header(name: string): string | undefined }) => answer.header('ownkey-key-source')
  const balanceIs = (org: ProfileOrg, balance: number) =>
    vi.waitFor(async () => expect((await settingsOf(org)).credits.balance).toBe(balance), 5_000)

  test.each([{}, { byokEnabled: false }])(
    'VR1 an organization that nobody enabled is told whom to ask, and the shared key serves it (%j)',
    async (fields) => {
      const org = await profile.newOrg(fields)
      await org.api('POST', '/credits', { amount: 10, reason: 'test', idempotencyKey: 'vr1' })
      const settings = await settingsOf(org, await org.member('owner'))
      expect(settings.byok.enabled).toBe(false)
      expect(settings.byok.reason).toContain('your platform administrator')
      expect(settings.you.canManage).toBe(false)
      for (const [method, path] of [
        ['PUT', '/keys/openai'],
        ['POST', '/keys/openai/test'],
      ] as const) {
        const answer = await org.api(method, path, { key: profile.newKey('openai') }, await org.member('owner'))
        expect([answer.status, answer.body.code]).toEqual([403, 'byok_disabled'])
        expect(`${answer.body.detail} ${answer.body.fix}`).toContain('administrator')
      }
      expect(source(await chat(org))).toBe('platform')
    },
  )

  test('VR1 what the administrator turns off stops at once and comes back with the key that was there', async () => {
    const org = await enabled()
    await org.putKey('openai')
    expect(source(await chat(org))).toBe('organization')
    await profile.ownkey.putOrg(org.org, { byokEnabled: false })
    expect(source(await chat(org))).toBe('platform')
    await profile.ownkey.putOrg(org.org, { byokEnabled: true })
    expect(source(await chat(org))).toBe('organization')
  })

  test('VR2 there are three slots, each saying what it affects; the third is coming', async () => {
    const org = await enabled()
    const { providers } = await settingsOf(org)
    expect(providers.map(({ id, name, comingSoon }: Row) => [id, name, comingSoon])).toEqual([
      ['openai', 'Language model', false],
      ['sarvam', 'Voice & translation', false],
      ['elevenlabs', 'Voice generation', true],
    ])
    expect(providers.map(({ affects }: Row) => affects)).toEqual([languageFeatures, voiceFeatures, ['premium_voice']])
    expect(providers[1].description).toContain('12+ Indian languages')
    const coming = await org.api('PUT', '/keys/elevenlabs', { key: profile.newKey('elevenlabs') })
    expect([coming.status, coming.body.code]).toEqual([403, 'provider_not_allowed'])
  })

  test('VR3 for each feature the settings say whose key, host and model serve it: what the picture is drawn from', async () => {
    const org = await enabled()
    await org.putKey('sarvam')
    const { providers } = await settingsOf(org)
    const drawn = providers
      .flatMap(({ serves }: Row) => serves)
      .map(({ feature, source, host }: Row) => [feature, source, host])
    const host = new URL(profile.upstream.origin).host
    expect(drawn).toEqual([
      ...languageFeatures.map((feature) => [feature, 'platform', host]),
      ...voiceFeatures.map((feature) => [feature, 'organization', host]),
    ])
  })

  test('VR4 saving checks the form without asking the provider', async () => {
    const org = await enabled()
    for (const key of ['short', 'with a space in the middle of it 0000', 'Ключ-0000000000000000000000', '']) {
      const answer = await org.api('PUT', '/keys/openai', { key })
      expect(answer.status).toBe(400)
      if (key !== '') expect(JSON.stringify(answer.body)).not.toContain(key)
    }
    const key = await org.putKey('openai')
    expect(profile.seen(key)).toEqual([])
    expect((await keysOf(org, 'openai'))[0]).toMatchObject({ status: 'unverified' })
  })

  test('VR4 what is stored went through pgcrypto, and neither layer alone is the key', async () => {
    const org = await enabled()
    const key = await org.putKey('openai')
    await profile.ownkey.atRest(async (rows) => {
      expect(await rows.query(`select 1 from pg_extension where extname = 'pgcrypto'`)).toHaveLength(1)
      const [row] = await rows.query<{ envelope: Buffer; kek_id: string }>(
        'select envelope, s.kek_id from key_secrets s join provider_keys k on k.id = key_id where org_id = $1',
        [org.org],
      )
      const stored = Buffer.from(row!.envelope)
      expect(stored.subarray(0, 2).toString()).toBe('OP')
      const packet = stored.subarray(4 + stored[3]!)
      const [kind] = await rows.query<{ id: string }>('select pgp_key_id($1::bytea) as id', [packet])
      expect(kind!.id).toBe('SYMKEY')
      // A packet of tag 3 says after its length the version, 4, and the cipher: 9 is AES-256 (RFC 9580).
      expect([packet[0], packet[2], packet[3]]).toEqual([0xc3, 4, 9])
      await expect(rows.query('select pgp_sym_decrypt_bytea($1::bytea, $2)', [packet, 'guess'])).rejects.toThrow()
      expect(stored.includes(key.slice(6, 16))).toBe(false)
    })
    expect(source(await chat(org))).toBe('organization')
    expect(profile.seen(key)).toHaveLength(1)
  })

  test.each(['openai', 'sarvam'] as const)(
    'VR5 the hint of a key of %s ends with its last four characters',
    async (id) => {
      const org = await enabled()
      const key = await org.putKey(id)
      const [shown] = await keysOf(org, id)
      expect(shown).toMatchObject({
        last4: key.slice(-4),
        hint: expect.stringMatching(new RegExp(`\\.\\.\\.${key.slice(-4)}$`)),
      })
    },
  )

  test('VR6 only the owner manages keys: not even an admin', async () => {
    const org = await enabled()
    await org.putKey('openai')
    const tries: [string, string, object?][] = [
      ['PUT', '/keys/openai', { key: profile.newKey('openai') }],
      ['PATCH', '/keys/openai', { label: 'ours' }],
      ['POST', '/keys/openai/test', {}],
      ['POST', '/try-out', { feature: 'interview' }],
      ['DELETE', '/keys/openai'],
    ]
    for (const role of ['admin', 'member', 'owner'] as const) {
      const token = await org.member(role)
      expect((await settingsOf(org, token)).you.canManage).toBe(role === 'owner')
      for (const [method, path, body] of tries) {
        const { status } = await org.api(method, path, body, token)
        expect([role, method, path, status < 300]).toEqual([role, method, path, role === 'owner'])
        if (role !== 'owner') expect(status).toBe(403)
      }
    }
  })

  test('VR7 the key leaves the server with a request to its provider and in no other way', async () => {
    const org = await enabled()
    const key = await org.putKey('openai')
    const answers = await Promise.all(
      ['/settings', '/audit', '/requests', '/notices'].map((path) => org.api('GET', path)),
    )
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(key.slice(6, 16))
    expect(profile.seen(key)).toHaveLength(0)
    const answer = await chat(org)
    expect(JSON.stringify([answer.headers, answer.text])).not.toContain(key.slice(6, 16))
    expect(profile.seen(key).map(({ path }) => path)).toEqual(['/v1/chat/completions'])
  })

  test('VR8 a removed key is followed by the shared one without a failed request', async () => {
    const org = await enabled()
    const key = await org.putKey('openai')
    const token = await org.token('wiki')
    const running = Array.from({ length: 20 }, () => profile.call(token, 'openai'))
    expect((await org.api('DELETE', '/keys/openai')).status).toBe(204)
    const before = profile.seen(key).length
    const after = await Promise.all(Array.from({ length: 5 }, () => profile.call(token, 'openai')))
    expect(after.map((answer) => [answer.status, source(answer)])).toEqual(Array(5).fill([200, 'platform']))
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(profile.seen(key).length - before).toBeLessThanOrEqual(20)
  })

  test('VR9 the own key serves where there is one, else the shared key with credits, else nobody', async () => {
    const org = await enabled(5)
    await org.putKey('openai')
    expect(source(await chat(org))).toBe('organization')
    await org.api('DELETE', '/keys/openai')
    const before = profile.seen(platformKey).length
    const refused = await chat(org)
    expect([refused.status, refused.header('ownkey-error')]).toEqual([402, 'credits_exhausted'])
    expect(profile.seen(platformKey)).toHaveLength(before)
    await org.api('POST', '/credits', { amount: 1, reason: 'test', idempotencyKey: 'more' })
    expect(source(await chat(org))).toBe('platform')
    await balanceIs(org, 0)
  })

  test('VR10 credits are deducted in both cases: 1 with an own key, 5 with the shared one', async () => {
    const org = await enabled(100)
    await org.putKey('openai')
    expect((await chat(org)).status).toBe(200)
    await balanceIs(org, 99)
    expect((await translate(org)).status).toBe(200)
    await balanceIs(org, 94)
    const { body } = await org.api('GET', '/usage?groupBy=keySource')
    const credits = Object.fromEntries(body.rows.map((row: Row) => [row['group'].keySource, row['credits']]))
    expect(credits).toEqual({ organization: 1, platform: 5 })
  })

  test('VR11 a changed key affects later requests only; what is recorded stays as it was', async () => {
    const org = await enabled()
    const first = await org.putKey('openai')
    await chat(org)
    await vi.waitFor(
      async () => expect((await org.api('GET', '/requests')).body.items[0]?.state).toBe('settled'),
      5_000,
    )
    const recorded = (await org.api('GET', '/requests')).body.items
    const second = await org.putKey('openai')
    await chat(org)
    await org.api('DELETE', '/keys/openai')
    await chat(org)
    await vi.waitFor(async () => expect((await org.api('GET', '/requests')).body.items).toHaveLength(3), 5_000)
    expect((await org.api('GET', '/requests')).body.items.slice(-1)).toEqual(recorded)
    expect([profile.seen(first).length, profile.seen(second).length]).toEqual([1, 1])
  })

  test.each(openaiFailures)(
    'VR12 an own key that gets %s fails with the provider’s error, and there is no setting for it',
    async (_name, failure, errorClass) => {
      const org = await enabled(100)
      const key = await org.putKey('openai')
      profile.answer(key, failure)
      const before = profile.seen(platformKey).length
      const answer = await chat(org)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.header('ownkey-error')).toMatch(
        errorClass === 'network' ? /upstream_unreachable|network/ : errorClass,
      )
      expect(source(answer)).toBe('organization')
      if (errorClass !== 'network') expect(answer.json().error.message).toMatch(/\w{4}/)
      expect(profile.seen(platformKey)).toHaveLength(before)
      expect((await settingsOf(org)).fallback).toMatchObject({ mode: 'never', on: false })
      expect((await org.api('PATCH', '/keys/openai', { fallback: true })).body.code).toBe('choice_fixed')
      await balanceIs(org, 100)
    },
  )

  test('VR13 there is one key per provider for the whole organization', async () => {
    const org = await enabled()
    await org.putKey('openai')
    const owner = await org.member('owner', 'another-owner')
    const key = profile.newKey('openai')
    expect((await org.api('PUT', '/keys/openai', { key }, owner)).body).toMatchObject({
      version: 2,
      holder: 'organization',
    })
    expect(await keysOf(org, 'openai')).toHaveLength(1)
    for (const user of ['ada', 'bob']) await profile.call(await org.token('wiki', { user }), 'openai')
    expect(profile.seen(key)).toHaveLength(2)
  })

  test('VR14 each provider is independent: an own key for one, the shared one for another', async () => {
    const org = await enabled()
    await org.putKey('openai')
    expect([source(await chat(org)), source(await translate(org))]).toEqual(['organization', 'platform'])
    await org.putKey('sarvam')
    await org.api('DELETE', '/keys/openai')
    expect([source(await chat(org)), source(await translate(org))]).toEqual(['platform', 'organization'])
  })

  test('VR15 a one-line generation can be run after saving, on the own key', async () => {
    const org = await enabled()
    const key = await org.putKey('openai')
    const answer = await org.api('POST', '/try-out', { feature: 'interview' }, await org.member('owner'))
    expect(answer.body).toMatchObject({
      ok: true,
      status: 200,
      text: 'well',
      keySource: 'organization',
      provider: 'openai',
    })
    expect(profile.seen(key)).toHaveLength(1)
    profile.answer(key, openaiFailures[0]![1])
    const failed = await org.api('POST', '/try-out', { feature: 'interview' }, await org.member('owner'))
    expect(failed.body).toMatchObject({
      ok: false,
      status: 401,
      keySource: 'organization',
      error: { code: 'invalid_key' },
    })
  })

  test('VR2 the slots are the only ones', async () => {
    const org = await enabled()
    expect((await settingsOf(org)).providers.map(({ id }: Row) => id)).toEqual(slots)
    expect((await org.api('PUT', '/keys/gemini', { key: profile.newKey('gemini') })).status).toBe(403)
  })
})

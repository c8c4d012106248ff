import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databaseKinds } from '../test/support/databases.ts'
import {
  anthropicFailures,
  geminiFailures,
  openaiFailures,
  type ProfileOrg,
  platformKey,
  type Row,
  type RunningProfile,
  startProfile,
} from '../test/support/profile.ts'
import { json } from '../test/support/upstream.ts'

const makers = { OPENAI: 'openai', GEMINI: 'gemini', CLAUDE: 'anthropic' } as const
type Shown = keyof typeof makers
const shown = Object.keys(makers) as Shown[]
const models: Record<Shown, string> = { OPENAI: 'gpt-4o', GEMINI: 'gemini-2.5-pro', CLAUDE: 'claude-haiku-4-5' }
const prefixes: Record<Shown, RegExp> = { OPENAI: /^sk-/, GEMINI: /^AIza/, CLAUDE: /^sk-ant-/ }

describe.each(databaseKinds)('content-platform on %s', (database) => {
  let profile: RunningProfile
  beforeAll(async () => {
    profile = await startProfile('content-platform', { database })
  })
  afterAll(() => profile.close())

  const settingsOf = async (org: ProfileOrg): Promise<Row> => (await org.api('GET', '/settings')).body
  const cardOf = async (org: ProfileOrg, id: string): Promise<Row> =>
    (await settingsOf(org)).providers.find((provider: Row) => provider.id === id)
  /** What the product sends, whichever provider the organization chose. */
  const ask = (token: string, body: object = {}) =>
    profile.send({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...body }),
    })

  test('BG1 the providers are OPENAI, GEMINI and CLAUDE, accepted in any case and shown so', async () => {
    const org = await profile.newOrg()
    expect((await settingsOf(org)).providers.map(({ id }: Row) => id)).toEqual(shown)
    for (const id of shown) {
      for (const written of [id, id.toLowerCase(), `${id[0]}${id.slice(1).toLowerCase()}`]) {
        const key = profile.newKey(makers[id])
        const answer = await org.api('PUT', `/keys/${written}`, { key })
        expect([written, answer.status, answer.body.provider]).toEqual([written, 200, id])
        const tested = await org.api('POST', `/keys/${written}/test`, {})
        expect(tested.body.status).toBe('valid')
      }
      const explained = await org.api('POST', '/explain', { feature: 'summarization', provider: id })
      expect(explained.body.attempts[0].provider).toBe(id)
    }
    expect((await org.api('PUT', '/keys/SARVAM', { key: 'x'.repeat(30) })).status).toBeGreaterThanOrEqual(400)
  })

  test('BG1 one provider is active and serves all features, with the chosen model', async () => {
    const org = await profile.newOrg()
    for (const id of shown) {
      const key = await org.putKey(id, { model: models[id] })
      const settings = await settingsOf(org)
      expect([settings.choice, settings.activeProvider]).toEqual(['single', id])
      for (const { id: feature } of settings.features) {
        const answer = await ask(await org.token(feature), { model: 'auto' })
        expect([answer.status, answer.header('ownkey-key-source')]).toEqual([200, 'organization'])
        expect([answer.header('ownkey-provider')?.toUpperCase(), answer.header('ownkey-model')]).toEqual([
          id,
          models[id],
        ])
      }
      expect(profile.seen(key).length).toBeGreaterThanOrEqual(settings.features.length)
    }
    const back = await org.api('PUT', '/settings/active-provider', { provider: 'openai' })
    expect([back.status, back.body.activeProvider]).toEqual([200, 'OPENAI'])
    const answer = await ask(await org.token('optimization'))
    expect([answer.header('ownkey-provider')?.toUpperCase(), answer.header('ownkey-model')]).toEqual([
      'OPENAI',
      'gpt-4o',
    ])
  })

  const refused: [Shown, string, Parameters<RunningProfile['answer']>[1]][] = [
    ['OPENAI', 'invalid_key', openaiFailures.find(([name]) => name === '401')![1]],
    ['GEMINI', 'invalid_key', geminiFailures.find(([name]) => name === '400 for an invalid key')![1]],
    ['CLAUDE', 'invalid_key', anthropicFailures.find(([name]) => name === '401')![1]],
  ]
  test.each(refused)(
    'BG2 a key that %s refuses is not stored, and the message says why',
    async (id, _class, failure) => {
      const org = await profile.newOrg()
      const kept = await org.putKey(id)
      const before = (await cardOf(org, id)).keys
      const bad = profile.newKey(makers[id])
      profile.answer(bad, failure)
      const answer = await org.api('PUT', `/keys/${id}`, { key: bad })
      expect([answer.status, answer.body.code]).toEqual([422, 'key_rejected'])
      expect(`${answer.body.detail} ${answer.body.fix}`).toMatch(/not accept|invalid|not saved/i)
      expect(profile.seen(bad).length).toBeGreaterThan(0)
      expect((await cardOf(org, id)).keys).toEqual(before)
      const token = await org.token('summarization')
      expect((await ask(token)).status).toBe(200)
      expect([
        profile.seen(kept).some(({ method }) => method === 'POST'),
        profile.seen(bad).some(({ path }) => /generate|messages|completions/.test(path)),
      ]).toEqual([true, false])
    },
  )

  test.each(shown)('BG2 an outage of %s is no refusal: what cannot be checked now is saved and says so', async (id) => {
    const org = await profile.newOrg()
    const key = profile.newKey(makers[id])
    profile.answer(key, json({ error: { message: 'down' } }, { status: 503 }))
    const answer = await org.api('PUT', `/keys/${id}`, { key })
    expect([answer.status, answer.body.status]).toEqual([200, 'network'])
  })

  test.each(shown)('BG3 a key of %s is shown masked, with its last four characters', async (id) => {
    const org = await profile.newOrg()
    const key = await org.putKey(id)
    const [saved] = (await cardOf(org, id)).keys
    expect(saved.hint).toMatch(prefixes[id])
    expect(saved.hint.endsWith(key.slice(-4))).toBe(true)
    if (id === 'OPENAI') expect(saved.hint).toBe(`sk-...${key.slice(-4)}`)
    expect(saved.last4).toBe(key.slice(-4))
    for (const path of ['/settings', '/audit', '/requests', '/notices'])
      expect(JSON.stringify((await org.api('GET', path)).body)).not.toContain(key.slice(8, 16))
  })

  test('BG4 one company’s ciphertext does not open in another’s row, nor as another provider’s', async () => {
    const orgs = [await profile.newOrg(), await profile.newOrg()] as const
    const keys = [await orgs[0].putKey('GEMINI'), await orgs[1].putKey('GEMINI'), await orgs[0].putKey('OPENAI')]
    const calls = keys.map((key) => profile.seen(key).length)
    await profile.ownkey.atRest(async (rows) => {
      const found = await rows.query<{ key_id: string; envelope: Buffer; org_id: string; provider: string }>(
        'select s.key_id, s.envelope, k.org_id, k.provider from key_secrets s join provider_keys k on k.id = s.key_id where k.org_id = any($1)',
        [orgs.map(({ org }) => org)],
      )
      expect(found).toHaveLength(3)
      const of = (org: string, provider: string) =>
        found.find((row) => row.org_id === org && row.provider === provider)!
      const moves = [
        [of(orgs[0].org, 'gemini'), of(orgs[1].org, 'gemini')],
        [of(orgs[1].org, 'gemini'), of(orgs[0].org, 'gemini')],
        [of(orgs[0].org, 'openai'), of(orgs[0].org, 'gemini')],
      ] as const
      for (const [to, from] of moves)
        await rows.query('update key_secrets set envelope = $2 where key_id = $1', [to.key_id, from.envelope])
      for (const { envelope } of found)
        for (const key of keys) expect(Buffer.from(envelope).includes(key.slice(8, 16))).toBe(false)
    })
    for (const [org, provider] of [
      [orgs[0], 'GEMINI'],
      [orgs[1], 'GEMINI'],
      [orgs[0], 'OPENAI'],
    ] as const) {
      const tested = await org.api('POST', `/keys/${provider}/test`, {})
      expect([tested.status, tested.body.code]).toEqual([403, 'key_unreadable'])
      await ask(await org.token('summarization'))
    }
    expect(keys.map((key) => profile.seen(key).length)).toEqual(calls)
  })

  test('BG5 no answer and no line of the log holds a key, errors that echo it included', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('OPENAI')
    const token = await org.token('summarization')
    for (const text of [key, encodeURIComponent(key), Buffer.from(key).toString('base64')]) {
      profile.answer(
        key,
        json(
          { error: { message: `Your key ${text} may not do this`, type: 'invalid_request_error' } },
          { status: 400 },
        ),
      )
      const native = await profile.call(token, 'openai')
      const dialect = await ask(token)
      const tested = await org.api('POST', '/keys/OPENAI/test', {})
      for (const answer of [native.text, dialect.text, JSON.stringify(tested.body)])
        expect(answer).not.toContain(text.slice(4, 20))
    }
    const wrong = await org.api('PUT', '/keys/GEMINI', { key: `${key} `, model: 4 })
    expect(JSON.stringify(wrong.body)).not.toContain(key.slice(8, 16))
    expect(profile.ownkey.logged().length).toBeGreaterThan(0)
    for (const line of profile.ownkey.logged()) expect(line).not.toContain(key.slice(8, 16))
  })

  test.each(shown)('BG6 for %s the page says where to make a key and what it must be allowed to do', async (id) => {
    const card = await cardOf(await profile.newOrg(), id)
    expect(card.keyPage).toMatch(/^https:\/\//)
    expect(card.keyNeeds.length).toBeGreaterThan(0)
    for (const need of card.keyNeeds) expect(need).toMatch(/\w{4}/)
  })

  test.each(shown)(
    'BG7 the connection test of %s reports validity, latency and permissions, separately',
    async (id) => {
      const org = await profile.newOrg()
      const { body } = await org.api('POST', `/keys/${id}/test`, { key: profile.newKey(makers[id]) })
      expect(body.status).toBe('valid')
      const named = (name: string) => body.checks.find((check: Row) => check.name === name)
      expect(named('authenticated')).toMatchObject({ ok: true, detail: expect.stringMatching(/expired/) })
      expect(named('latency')).toMatchObject({ ok: true, latencyMs: expect.any(Number), detail: expect.any(String) })
      expect(named('permitted') ?? named('model')).toMatchObject({ ok: true })
      expect(named('reachable').latencyMs).toBeGreaterThanOrEqual(0)
    },
  )

  const fallbacks: [Shown, string, Parameters<RunningProfile['answer']>[1], string][] = [
    ...openaiFailures.map(
      ([name, answer, of]) => ['OPENAI', name, answer, of] as [Shown, string, typeof answer, string],
    ),
    ...geminiFailures.map(
      ([name, answer, of]) => ['GEMINI', name, answer, of] as [Shown, string, typeof answer, string],
    ),
    ...anthropicFailures.map(
      ([name, answer, of]) => ['CLAUDE', name, answer, of] as [Shown, string, typeof answer, string],
    ),
  ]
  test.each(fallbacks)(
    'BG8 %s: %s falls back to the system key without a toggle, and a notice lasts while it does',
    async (id, _name, failure, errorClass) => {
      const org = await profile.newOrg()
      const key = await org.putKey(id)
      expect((await settingsOf(org)).fallback).toMatchObject({ mode: 'always', on: true })
      expect((await org.api('PATCH', `/keys/${id}`, { fallback: false })).body.code).toBe('choice_fixed')
      profile.answer(key, failure)
      const answer = await ask(await org.token('optimization'))
      expect([answer.status, answer.header('ownkey-key-source'), answer.header('ownkey-fallback')]).toEqual([
        200,
        'platform',
        errorClass,
      ])
      await vi.waitFor(async () => {
        const [notice] = (await settingsOf(org)).notices
        expect(notice).toMatchObject({ kind: 'fallback_active', provider: id })
      }, 5_000)
      profile.answer(key, null)
      expect((await org.api('POST', `/keys/${id}/test`, {})).body.status).toBe('valid')
      expect((await settingsOf(org)).notices).toEqual([])
      expect((await ask(await org.token('optimization'))).header('ownkey-key-source')).toBe('organization')
    },
  )

  test('BG9 a removed key is gone at once, the system key serves, and the ciphertext is deleted', async () => {
    const org = await profile.newOrg()
    const key = await org.putKey('GEMINI')
    const token = await org.token('content_generation')
    expect((await ask(token)).header('ownkey-key-source')).toBe('organization')
    const before = profile.seen(key).length
    expect((await org.api('DELETE', '/keys/GEMINI')).status).toBe(204)
    const answer = await ask(token)
    expect([answer.status, answer.header('ownkey-key-source')]).toEqual([200, 'platform'])
    expect(profile.seen(key)).toHaveLength(before)
    expect(profile.seen(platformKey).length).toBeGreaterThan(0)
    const left = await profile.ownkey.atRest((rows) =>
      rows.query(
        'select key_id from key_secrets where key_id in (select id from provider_keys where org_id = $1) or key_id not in (select id from provider_keys)',
        [org.org],
      ),
    )
    expect(left).toEqual([])
  })

  test.each(shown)('BG10 a product that speaks one dialect is served by %s', async (id) => {
    const org = await profile.newOrg()
    await org.putKey(id)
    const token = await org.token('multilingual_content')
    // The product's own dialect names models of its own: they move no request to another provider.
    for (const body of [{}, { model: 'auto' }, { model: 'gpt-4.1-mini' }]) {
      const answer = await ask(token, body)
      expect([answer.status, answer.header('ownkey-provider')?.toUpperCase()]).toEqual([200, id])
      expect(answer.json()).toMatchObject({
        object: 'chat.completion',
        choices: [{ index: 0, message: { role: 'assistant', content: 'well' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
      })
    }
    const listed = await fetch(`${profile.ownkey.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })
    const { data } = (await listed.json()) as { data: { owned_by: string }[] }
    expect([...new Set(data.map(({ owned_by }) => owned_by))]).toEqual([id])
  })
})

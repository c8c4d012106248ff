import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'

const config = `
platform: { name: Acme, aiName: Acme AI, support: help@acme.test }
providers:
  gemini:
    platformKey: sandbox-platform
    baseUrl: UPSTREAM
    as: google_gemini
    defaultModel: gemini-2.5-flash
    models:
      allow: [gemini-2.5-flash, gemini-2.5-pro]
      refuse: [{ match: "gemini-3*", reason: "it does not follow JSON-output prompts reliably" }]
  openai: { baseUrl: UPSTREAM }
  anthropic: { baseUrl: UPSTREAM }
features:
  chat: { title: Chat, capability: chat }
  re_engagement: { title: Re-engagement, capability: chat }
plans:
  standard:
    providers: { gemini: optional, openai: optional }
    scopes: { re_only: { title: Re-engagement only, features: [re_engagement] } }
    fallback: { mode: customer, default: true }
  single: { providers: { openai: optional, anthropic: optional }, choice: single, fallback: { mode: always } }
  by_format: { providers: { openai: optional }, verify: format_only, model: feature, rotation: { everyDays: 30 } }
  asked: { providers: { openai: optional }, byok: by_operator }
  users: { providers: { openai: optional }, holder: user, managers: [owner, admin, member] }
`
const gemini = (end: string) => `AIza${'A'.repeat(31)}${end}`
const openai = (end: string) => `sk-proj-${'b'.repeat(40)}${end}`

describe.each(databaseKinds)('own keys on %s', (kind) => {
  let control: RunningControl
  let owner = ''
  const undo: (() => void)[] = []

  beforeAll(async () => {
    control = await startControl({ kind, config })
    for (const [org, plan] of Object.entries({ acme: 'standard', solo: 'single', voice: 'by_format', asked: 'asked', people: 'users' })) {
      await control.org(org, { plan })
    }
    owner = await control.member('acme')
  })
  afterAll(() => control?.close())
  beforeEach(() => {
    accept()
  })
  afterEach(() => {
    for (const one of undo.splice(0)) one()
  })

  const on = (matcher: RegExp, answer: ReturnType<typeof json>) => undo.push(control.upstream.on(matcher, answer))
  /** Everything that a probe asks is answered well. */
  const accept = () => {
    on(/./, json({ data: [], models: [], choices: [{ message: { content: 'ok' } }], content: [], candidates: [] }))
  }
  const refuse = (status: number, body: unknown) => on(/./, json(body, { status }))
  const refuseGemini = () => refuse(400, { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] } })
  const call = (method: string, path: string, body?: unknown, token = owner, org = 'acme') => control.call(method, `/api/v1/orgs/${org}${path}`, { token, body })
  const settings = async (token = owner, org = 'acme') => (await call('GET', '/settings', undefined, token, org)).body
  const providerIn = (body: { providers: { id: string; keys: unknown[] }[] }, id: string) => body.providers.find((one) => one.id === id)

  it('saves a key, shows it masked, and serves with it', async () => {
    const before = control.upstream.journal.requests.length
    const answer = await call('PUT', '/keys/google_gemini', { key: gemini('1234'), model: 'gemini-2.5-pro', label: 'Main', owner: 'Team Blue' })
    expect(answer.body).toMatchObject({
      provider: 'google_gemini',
      environment: 'production',
      hint: expect.stringMatching(/^AIza.+1234$/),
      last4: '1234',
      status: 'valid',
      scope: 'all',
      model: 'gemini-2.5-pro',
      fallback: true,
      label: 'Main',
      createdBy: 'owner-of-acme',
      lastUsedAt: null,
      lastTest: { status: 'valid' },
    })
    expect(answer.text).not.toContain(gemini('1234'))
    expect(control.upstream.journal.requests.length).toBeGreaterThan(before)
    const shown = await settings()
    expect(providerIn(shown, 'google_gemini')?.keys).toHaveLength(1)
    expect(shown.features[0].decision.attempts.map(({ source }: { source: string }) => source)).toEqual(['organization', 'platform'])
  })

  it.each(['google_gemini', 'gemini', 'GEMINI'])('finds the provider by %s', async (name) => {
    expect((await call('PATCH', `/keys/${name}`, { label: name })).body).toMatchObject({ provider: 'google_gemini', label: name })
  })

  it('does not store a key that the provider refuses, and leaves the old one as it was', async () => {
    refuseGemini()
    const answer = await call('PUT', '/keys/gemini', { key: gemini('9999') })
    expect(answer.body).toMatchObject({ status: 422, code: 'key_rejected', facts: { status: 'invalid' } })
    expect(answer.text).not.toContain(gemini('9999'))
    const [key] = providerIn(await settings(), 'google_gemini')?.keys as { last4: string; version: number }[]
    expect(key).toMatchObject({ last4: '1234', version: 1 })
    const [row] = (await control.call('GET', '/api/v1/orgs/acme/audit?limit=1')).body.items
    expect(row).toMatchObject({ action: 'key.reject', detail: { status: 'invalid', saved: false } })
  })

  it('gives one verdict for every wrong key that is only pasted', async () => {
    const bodies = [
      { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'API key expired.', details: [{ reason: 'API_KEY_EXPIRED' }] } },
      { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] } },
    ]
    const verdicts: unknown[] = []
    for (const body of bodies) {
      refuse(400, body)
      const answer = await call('POST', '/keys/gemini/test', { key: gemini('8888') })
      verdicts.push({ status: answer.body.status, reason: answer.body.reason, fix: answer.body.fix })
    }
    expect(verdicts[0]).toEqual(verdicts[1])
    expect(verdicts[0]).toMatchObject({ status: 'invalid' })
  })

  it.each([
    ['an outage', 503, { error: { code: 503, status: 'UNAVAILABLE', message: 'overloaded' } }, 'network'],
    ['a redirect', 302, {}, 'network'],
    ['a limit', 429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'quota' } }, 'quota'],
  ])('saves a key that meets %s, with that status', async (_what, status, body, expected) => {
    refuse(status, body)
    const answer = await call('PUT', '/keys/gemini?environment=staging', { key: gemini('5678') })
    expect(answer.body).toMatchObject({ environment: 'staging', status: expected, statusReason: expect.any(String), statusFix: expect.any(String) })
    expect((await call('DELETE', '/keys/gemini?environment=staging')).status).toBe(204)
  })

  it('keeps the keys of two environments apart', async () => {
    await call('PUT', '/keys/gemini', { key: gemini('stag'), environment: 'staging' })
    const keys = providerIn(await settings(), 'google_gemini')?.keys as { environment: string; last4: string }[]
    expect(keys.map(({ environment, last4 }) => [environment, last4])).toEqual([
      ['production', '1234'],
      ['staging', 'stag'],
    ])
    expect((await call('PUT', '/keys/gemini?environment=staging', { key: gemini('x'), environment: 'production' })).body.code).toBe('request_invalid')
    expect((await call('PUT', '/keys/gemini?environment=nowhere', { key: gemini('x') })).body.code).toBe('request_invalid')
  })

  it('takes a pasted key without the spaces around it, and says so', async () => {
    const answer = await call('PUT', '/keys/gemini', { key: `  ${gemini('4321')}\n` })
    expect(answer.body).toMatchObject({ last4: '4321', version: 2, remarks: ['Spaces around the key were removed.'] })
  })

  it.each([
    ['a token of Ownkey', `okt_${'a'.repeat(49)}`, 'key_malformed'],
    ['a key with a line break', 'AIza\nabc', 'key_malformed'],
    ['a sandbox key on a server without sandbox', 'AIza-sandbox-ok', 'sandbox_off'],
  ])('refuses %s before anything else sees it', async (_what, key, code) => {
    const before = control.upstream.journal.requests.length
    expect((await call('PUT', '/keys/gemini', { key })).body).toMatchObject({ status: 400, code })
    expect(control.upstream.journal.requests).toHaveLength(before)
  })

  it('says when a key looks like another provider’s', async () => {
    const answer = await call('POST', '/keys/gemini/test', { key: openai('abcd') })
    expect(answer.body.remarks.join(' ')).toContain('OpenAI')
  })

  it('holds the model against the plan’s rules, with the reason', async () => {
    const refused = await call('PATCH', '/keys/gemini', { model: 'gemini-3-pro' })
    expect(refused.body).toMatchObject({ status: 403, code: 'model_refused' })
    expect(refused.body.detail).toContain('JSON-output')
    expect((await call('PUT', '/keys/gemini', { key: gemini('1234'), model: 'models/gemini-3-pro' })).body.code).toBe('model_refused')
    expect((await call('PATCH', '/keys/gemini', { model: 'gemini-2.5-pro' })).body.model).toBe('gemini-2.5-pro')
  })

  it('changes the scope, writes it down, and refuses one that is not there', async () => {
    expect((await call('PATCH', '/keys/gemini', { scope: 're_only' })).body.scope).toBe('re_only')
    const served = providerIn(await settings(), 'google_gemini') as unknown as { serves: { feature: string; source: string; code: string | null }[] }
    expect(served.serves).toMatchObject([
      { feature: 'chat', source: 'platform', code: 'scope' },
      { feature: 're_engagement', source: 'organization', code: null },
    ])
    const [row] = (await call('GET', '/audit?limit=1')).body.items
    expect(row).toMatchObject({ action: 'key.update', actor: { id: 'owner-of-acme' }, detail: { changes: { scope: { from: 'all', to: 're_only' } } } })
    expect((await call('PATCH', '/keys/gemini', { scope: 're_onyl' })).body).toMatchObject({ status: 400, code: 'scope_unknown', fix: 'Did you mean "re_only"?' })
    await call('PATCH', '/keys/gemini', { scope: 'all' })
  })

  it('turns fallback off and on where the plan leaves it to the customer, and nowhere else', async () => {
    expect((await call('PATCH', '/keys/gemini', { fallback: false })).body.fallback).toBe(false)
    const shown = await settings()
    expect(shown.fallback).toMatchObject({ mode: 'customer', on: false })
    expect(shown.features[0].decision.attempts).toHaveLength(1)
    await call('PATCH', '/keys/gemini', { fallback: true })
    const solo = await control.member('solo')
    const fixed = await call('PUT', '/keys/openai', { key: openai('solo'), fallback: false }, solo, 'solo')
    expect(fixed.body).toMatchObject({ status: 409, code: 'choice_fixed', errors: [{ field: 'body.fallback' }] })
  })

  it('does not send a key to another host than the one it was given for', async () => {
    const before = control.upstream.journal.requests.length
    const moved = await call('PATCH', '/keys/gemini', { baseUrl: 'https://collect.example.com' })
    expect(moved.body).toMatchObject({ status: 409, code: 'key_required' })
    expect((await call('POST', '/keys/gemini/test', { baseUrl: 'https://collect.example.com' })).body.code).toBe('key_required')
    expect(control.upstream.journal.requests).toHaveLength(before)
  })

  it.each(['http://api.example.com', 'https://127.0.0.1', 'https://localhost', 'https://169.254.169.254/latest', 'https://u:p@api.example.com', 'ftp://x', 'https://2130706433', 'https://[::1]'])(
    'refuses the base URL %s',
    async (baseUrl) => {
      expect((await call('PUT', '/keys/gemini', { key: gemini('host'), baseUrl })).body).toMatchObject({ status: 400, code: 'host_not_allowed' })
    },
  )

  it('tests the saved key and keeps what it found', async () => {
    const good = await call('POST', '/keys/gemini/test')
    expect(good.body.status).toBe('valid')
    expect(good.body.checks.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['shape', 'reachable', 'authenticated', 'permitted', 'latency']))
    refuseGemini()
    const bad = await call('POST', '/keys/gemini/test')
    expect(bad.body).toMatchObject({ status: 'invalid', fix: expect.any(String) })
    const [key] = providerIn(await settings(), 'google_gemini')?.keys as object[]
    expect(key).toMatchObject({ status: 'invalid', lastTest: { status: 'invalid', at: expect.any(String) }, statusFix: expect.any(String) })
  })

  it('disables a key and enables it again', async () => {
    expect((await call('POST', '/keys/gemini/disable')).body.state).toBe('disabled')
    expect((await call('POST', '/explain', { feature: 'chat', provider: 'gemini' })).body.skipped).toMatchObject([{ code: 'key_disabled' }])
    expect((await call('POST', '/keys/gemini/enable')).body.state).toBe('active')
  })

  it('removes a key with its ciphertext', async () => {
    expect((await call('DELETE', '/keys/gemini?environment=staging')).status).toBe(204)
    expect((await call('DELETE', '/keys/gemini')).status).toBe(204)
    expect(await control.database.query("select 1 from key_secrets s join provider_keys k on k.id = s.key_id where k.org_id = 'acme'")).toEqual([])
    expect((await call('DELETE', '/keys/gemini')).body).toMatchObject({ status: 404, code: 'key_unknown' })
    expect((await settings()).features[0].decision.attempts.map(({ source }: { source: string }) => source)).toEqual(['platform'])
  })

  it('makes the saved provider the active one where one serves all, and the platform’s AI when it is removed', async () => {
    const solo = await control.member('solo')
    const save = (provider: string, key: string) => call('PUT', `/keys/${provider}`, { key }, solo, 'solo')
    expect((await save('openai', openai('one1'))).body.status).toBe('valid')
    expect((await save('anthropic', `sk-ant-api03-${'c'.repeat(80)}`)).status).toBe(200)
    expect((await settings(solo, 'solo')).activeProvider).toBe('anthropic')
    const chosen = await call('PUT', '/settings/active-provider', { provider: 'openai' }, solo, 'solo')
    expect(chosen.body.activeProvider).toBe('openai')
    await call('DELETE', '/keys/openai', undefined, solo, 'solo')
    const after = await settings(solo, 'solo')
    expect(after.activeProvider).toBeNull()
    expect(after.features[0].decision.attempts.some(({ source }: { source: string }) => source === 'organization')).toBe(false)
    expect((await call('PUT', '/settings/active-provider', { provider: 'gemini' })).body.code).toBe('choice_fixed')
  })

  it('checks only the form where the plan says so, and picks no model where the task does', async () => {
    const voice = await control.member('voice')
    const before = control.upstream.journal.requests.length
    const saved = await call('PUT', '/keys/openai', { key: openai('xK7q') }, voice, 'voice')
    expect(saved.body).toMatchObject({ status: 'unverified', last4: 'xK7q', rotateBy: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), rotation: 'due_soon' })
    expect((await call('PUT', '/keys/openai', { key: 'not-a-key-of-openai' }, voice, 'voice')).body.code).toBe('key_malformed')
    expect((await call('PATCH', '/keys/openai', { model: 'gpt-5' }, voice, 'voice')).body.code).toBe('choice_fixed')
    expect(control.upstream.journal.requests).toHaveLength(before)
  })

  it('shows and takes no own keys until the operator enabled them, and says whom to ask', async () => {
    const asked = await control.member('asked')
    const save = () => call('PUT', '/keys/openai', { key: openai('ask1') }, asked, 'asked')
    expect((await save()).body).toMatchObject({ status: 403, code: 'byok_disabled' })
    const shown = await settings(asked, 'asked')
    expect(shown.byok).toEqual({ enabled: false, reason: expect.stringContaining('help@acme.test') })
    expect(shown.you.canManage).toBe(false)
    await control.org('asked', { plan: 'asked', byokEnabled: true })
    expect((await save()).status).toBe(200)
  })

  it('keeps users’ keys to their users, and lets the operator name one', async () => {
    const [ada, bob] = await Promise.all([control.member('people', 'member', 'ada'), control.member('people', 'member', 'bob')])
    expect((await call('PUT', '/keys/openai', { key: openai('ada1') }, ada, 'people')).body).toMatchObject({ holder: 'user', user: 'ada' })
    expect(providerIn(await settings(bob, 'people'), 'openai')?.keys).toEqual([])
    expect((await call('DELETE', '/keys/openai?user=ada', undefined, bob, 'people')).body.code).toBe('role_required')
    expect((await call('POST', '/explain', { feature: 'chat', user: 'ada' }, bob, 'people')).body.code).toBe('role_required')
    const named = await control.call('PUT', '/api/v1/orgs/people/keys/openai', { body: { key: openai('bob2'), user: 'bob' } })
    expect(named.body).toMatchObject({ user: 'bob', createdBy: 'operator' })
    expect((await control.call('PUT', '/api/v1/orgs/people/keys/openai', { body: { key: openai('none') } })).body.code).toBe('request_invalid')
    expect(providerIn(await settings(bob, 'people'), 'openai')?.keys).toHaveLength(1)
  })

  it('writes every change down: who, when, from where, what', async () => {
    const { items } = (await control.call('GET', '/api/v1/orgs/acme/audit?limit=200')).body
    const actions = new Set(items.map(({ action }: { action: string }) => action))
    expect([...actions]).toEqual(expect.arrayContaining(['key.set', 'key.replace', 'key.update', 'key.test', 'key.reject', 'key.disable', 'key.enable', 'key.clear']))
    for (const item of items.filter(({ action }: { action: string }) => action.startsWith('key.'))) {
      expect(item).toMatchObject({ at: expect.any(String), actor: { kind: 'member', id: 'owner-of-acme' }, ip: '127.0.0.1' })
    }
    expect(JSON.stringify(items)).not.toContain('A'.repeat(12))
  })

  it('lets a key be tested only so often, on all nodes together', async () => {
    await control.database.query("update rate_windows set used = 60 where bucket like 'test:user:acme:%'")
    const answer = await call('POST', '/keys/gemini/test', { key: gemini('many') })
    expect(answer.body).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await call('PUT', '/keys/gemini', { key: gemini('many') })).body.code).toBe('rate_limited')
  })
})

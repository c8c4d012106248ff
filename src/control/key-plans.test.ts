import { describe, expect, it } from 'vitest'
import { keySuite, openaiKey } from '../../test/support/key-suite.ts'
import { operatorToken } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'

describe('own keys by the plan', () => {
  const { state, call, settings, keysIn, sentProbes } = keySuite('embedded')

  it('makes the saved provider the active one where one serves all, and the platform’s AI when it is removed', async () => {
    const solo = await state.control.member('solo')
    const save = (provider: string, key: string) =>
      call('PUT', `/keys/${provider}`, { key }, { token: solo, org: 'solo' })
    expect((await save('openai', openaiKey('one1'))).body.status).toBe('valid')
    expect((await save('anthropic', `sk-ant-api03-${'c'.repeat(80)}`)).status).toBe(200)
    expect((await settings({ token: solo, org: 'solo' })).activeProvider).toBe('anthropic')
    const chosen = await call('PUT', '/settings/active-provider', { provider: 'openai' }, { token: solo, org: 'solo' })
    expect(chosen.body.activeProvider).toBe('openai')
    await call('DELETE', '/keys/openai', undefined, { token: solo, org: 'solo' })
    const after = await settings({ token: solo, org: 'solo' })
    expect(after.activeProvider).toBeNull()
    expect(after.features[0].decision.attempts).toEqual([])
    expect((await call('PUT', '/settings/active-provider', { provider: 'gemini' })).body.code).toBe('choice_fixed')
  })

  it('checks only the form where the plan says so, and picks no model where the task does', async () => {
    const voice = await state.control.member('voice')
    const before = sentProbes()
    const saved = await call('PUT', '/keys/openai', { key: openaiKey('xK7q') }, { token: voice, org: 'voice' })
    expect(saved.body).toMatchObject({
      status: 'unverified',
      last4: 'xK7q',
      rotateBy: new Date(Date.parse(saved.body.createdAt) + 30 * 86_400_000).toISOString().slice(0, 10),
      rotation: 'due_soon',
    })
    const named = { key: openaiKey('xK7q'), rotateBy: '2099-12-31' }
    const again = await call('PUT', '/keys/openai', named, { token: voice, org: 'voice' })
    expect(again.body).toMatchObject({ rotateBy: '2099-12-31', rotation: 'scheduled' })
    expect(
      (await call('PUT', '/keys/openai', { key: 'not-a-key-of-openai' }, { token: voice, org: 'voice' })).body.code,
    ).toBe('key_malformed')
    expect((await call('PATCH', '/keys/openai', { model: 'gpt-5' }, { token: voice, org: 'voice' })).body.code).toBe(
      'choice_fixed',
    )
    expect(sentProbes()).toBe(before)
  })

  it('tests a key that no feature needs for what its provider is for', async () => {
    await state.control.org('idle', { plan: 'idle' })
    const idle = await state.control.member('idle')
    const missing = {
      detail: {
        status: 'missing_permissions',
        message: 'The API key you used is missing the permission text_to_speech.',
      },
    }
    const undo = state.control.upstream.on(/text-to-speech/, json(missing, { status: 401 }))
    const tested = await call(
      'POST',
      '/keys/elevenlabs/test',
      { key: `sk_${'a1'.repeat(24)}` },
      { token: idle, org: 'idle' },
    )
    undo()
    expect(tested.body.status).toBe('permission')
  })

  it('shows a key that no feature can use any more, so that it can be removed', async () => {
    await state.control.org('moved', { plan: 'idle' })
    const owner = { token: await state.control.member('moved'), org: 'moved' }
    const cards = async (): Promise<string[]> => (await settings(owner)).providers.map(({ id }: { id: string }) => id)
    expect(await cards()).toEqual([])
    await call('PUT', '/keys/elevenlabs', { key: `sk_${'a1'.repeat(24)}` }, owner)
    expect(keysIn(await settings(owner), 'elevenlabs')).toMatchObject([{ last4: 'a1a1', state: 'active' }])
    expect((await call('DELETE', '/keys/elevenlabs', undefined, owner)).status).toBe(204)
    expect(await cards()).toEqual([])
  })

  it('shows and takes no own keys until the operator enabled them, and says whom to ask', async () => {
    const asked = await state.control.member('asked')
    const save = () => call('PUT', '/keys/openai', { key: openaiKey('ask1') }, { token: asked, org: 'asked' })
    expect((await save()).body).toMatchObject({ status: 403, code: 'byok_disabled' })
    const shown = await settings({ token: asked, org: 'asked' })
    expect(shown.byok).toEqual({
      enabled: false,
      code: 'not_enabled',
      reason: expect.stringContaining('help@acme.test'),
    })
    expect(shown.you.canManage).toBe(false)
    await state.control.org('asked', { plan: 'asked', byokEnabled: true })
    expect((await save()).status).toBe(200)
  })

  it('keeps users’ keys to their users, and lets the operator name one', async () => {
    const [ada, bob] = await Promise.all([
      state.control.member('people', 'member', 'ada'),
      state.control.member('people', 'member', 'bob'),
    ])
    expect(
      (await call('PUT', '/keys/openai', { key: openaiKey('ada1') }, { token: ada, org: 'people' })).body,
    ).toMatchObject({
      holder: 'user',
      user: 'ada',
    })
    expect(keysIn(await settings({ token: bob, org: 'people' }), 'openai')).toEqual([])
    expect((await call('DELETE', '/keys/openai?user=ada', undefined, { token: bob, org: 'people' })).body.code).toBe(
      'role_required',
    )
    expect(
      (await call('POST', '/explain', { feature: 'chat', user: 'ada' }, { token: bob, org: 'people' })).body.code,
    ).toBe('role_required')
    const named = await state.control.call('PUT', '/api/v1/orgs/people/keys/openai', {
      body: { key: openaiKey('bob2'), user: 'bob' },
    })
    expect(named.body).toMatchObject({ user: 'bob', createdBy: 'operator' })
    expect(
      (await state.control.call('PUT', '/api/v1/orgs/people/keys/openai', { body: { key: openaiKey('none') } })).body
        .code,
    ).toBe('request_invalid')
    expect(keysIn(await settings({ token: bob, org: 'people' }), 'openai')).toHaveLength(1)
  })

  it('shows a member, where keys belong to users, what they did themselves, and an owner everything', async () => {
    const [cy, owner] = await Promise.all([
      state.control.member('people', 'member', 'cy'),
      state.control.member('people', 'owner', 'boss'),
    ])
    const audit = (token: string, query = '') =>
      call('GET', `/audit${query}`, undefined, { token, org: 'people' }).then(({ body }) => body)
    await call('PUT', '/keys/openai', { key: openaiKey('cy01') }, { token: cy, org: 'people' })
    const actors = async (token: string) =>
      new Set((await audit(token)).items.map(({ actor }: { actor: { id: string } }) => actor.id))
    expect(await actors(cy)).toEqual(new Set(['cy']))
    expect([...(await actors(owner))]).toEqual(expect.arrayContaining(['cy', 'ada', 'operator']))
    expect(await audit(cy, '?actor=ada')).toMatchObject({ status: 403, code: 'role_required' })
    expect((await audit(cy, '?actor=cy')).items).not.toEqual([])
  })

  it('tells the last characters of a user’s key in the audit log to that user and the operator alone', async () => {
    const [dee, owner] = await Promise.all([
      state.control.member('people', 'member', 'dee'),
      state.control.member('people', 'owner', 'dees-boss'),
    ])
    for (const last of ['dee1', 'dee2'])
      await call('PUT', '/keys/openai', { key: openaiKey(last) }, { token: dee, org: 'people' })
    await call('DELETE', '/keys/openai', undefined, { token: dee, org: 'people' })
    const trail = async (token: string) => {
      const { body } = await call('GET', '/audit?actor=dee', undefined, { token, org: 'people' })
      return JSON.stringify(body.items)
    }
    expect(await trail(dee)).toMatch(/dee2.*dee1/)
    expect(await trail(operatorToken)).toMatch(/dee2.*dee1/)
    const seen = await trail(owner)
    expect(seen).toContain('key.clear')
    expect(seen).not.toMatch(/dee1|dee2|hint/)
  })
})

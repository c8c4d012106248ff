import { describe, expect, it } from 'vitest'
import { geminiKey, keySuite, openaiKey } from '../../test/support/key-suite.ts'

describe('what a manager may choose for a key', () => {
  const { state, call, settings, sentProbes } = keySuite('embedded')

  it('has a key to begin with', async () => {
    expect((await call('PUT', '/keys/gemini', { key: geminiKey('1234') })).body.status).toBe('valid')
  })

  it('holds the model against the plan’s rules, with the reason', async () => {
    const refused = await call('PATCH', '/keys/gemini', { model: 'gemini-3-pro' })
    expect(refused.body).toMatchObject({ status: 403, code: 'model_refused' })
    expect(refused.body.detail).toContain('JSON-output')
    expect(
      (await call('PUT', '/keys/gemini', { key: geminiKey('1234'), model: 'models/gemini-3-pro' })).body.code,
    ).toBe('model_refused')
    expect((await call('PATCH', '/keys/gemini', { model: 'gemini-2.5-pro' })).body.model).toBe('gemini-2.5-pro')
  })

  it.each(['gemini-2.5-pro\r\nx-more: 1', 'gemini-2.5-\u202eorp'])(
    'takes no model that is not one line, such as %j',
    async (model) => {
      for (const method of ['PUT', 'PATCH']) {
        const body = method === 'PUT' ? { key: geminiKey('1234'), model } : { model }
        expect((await call(method, '/keys/gemini', body)).body).toMatchObject({
          status: 400,
          code: 'request_invalid',
          errors: [{ field: 'body.model' }],
        })
      }
    },
  )

  it('saves no key for one user where keys belong to the organization', async () => {
    const refusals = await Promise.all([
      call('PUT', '/keys/gemini', { key: geminiKey('5678'), user: 'ada' }),
      call('PUT', '/keys/gemini?user=ada', { key: geminiKey('5678') }),
    ])
    expect(refusals.map(({ body }) => [body.status, body.code, body.errors?.[0]?.field])).toEqual([
      [409, 'choice_fixed', 'body.user'],
      [409, 'choice_fixed', 'query.user'],
    ])
    const [provider] = (await settings()).providers
    expect(provider.keys.map(({ last4 }: { last4: string }) => last4)).toEqual(['1234'])
  })

  it('explains a feature, and asks for one where it is left out', async () => {
    expect((await call('POST', '/explain', { provider: 'gemini' })).body).toMatchObject({
      status: 400,
      code: 'feature_required',
      fix: 'Add "feature": one of chat, re_engagement.',
      facts: { choices: 'chat, re_engagement' },
      errors: [{ field: 'body.feature' }],
    })
    expect((await call('POST', '/explain', { feature: 'chat' })).body.attempts).not.toEqual([])
    expect((await call('POST', '/explain', { feature: 'chat', user: 'somebody' })).body.attempts).not.toEqual([])
  })

  it('changes the scope, writes it down, and refuses one that is not there', async () => {
    expect((await call('PATCH', '/keys/gemini', { scope: 're_only' })).body.scope).toBe('re_only')
    const [served] = (await settings()).providers
    expect(served.serves).toMatchObject([
      { feature: 'chat', source: 'platform', code: 'scope' },
      { feature: 're_engagement', source: 'organization', code: null },
    ])
    const [row] = (await call('GET', '/audit?limit=1')).body.items
    expect(row).toMatchObject({
      action: 'key.update',
      actor: { id: 'owner-of-acme' },
      detail: { changes: { scope: { from: 'all', to: 're_only' } } },
    })
    expect((await call('PATCH', '/keys/gemini', { scope: 're_onyl' })).body).toMatchObject({
      status: 400,
      code: 'scope_unknown',
      fix: 'Did you mean "re_only"?',
      facts: { meant: 're_only' },
    })
    await call('PATCH', '/keys/gemini', { scope: 'all' })
  })

  it('turns fallback off and on where the plan leaves it to the customer, and nowhere else', async () => {
    expect((await call('PATCH', '/keys/gemini', { fallback: false })).body.fallback).toBe(false)
    const shown = await settings()
    expect(shown.fallback).toMatchObject({ mode: 'customer', on: false })
    expect(shown.features[0].decision.attempts).toHaveLength(1)
    await call('PATCH', '/keys/gemini', { fallback: true })
    const solo = await state.control.member('solo')
    const fixed = await call(
      'PUT',
      '/keys/openai',
      { key: openaiKey('solo'), fallback: false },
      { token: solo, org: 'solo' },
    )
    expect(fixed.body).toMatchObject({ status: 409, code: 'choice_fixed', errors: [{ field: 'body.fallback' }] })
  })

  it('does not send a key to another host than the one it was given for', async () => {
    const before = sentProbes()
    const moved = await call('PATCH', '/keys/gemini', { baseUrl: 'https://collect.example.com' })
    expect(moved.body).toMatchObject({ status: 409, code: 'key_required' })
    expect((await call('POST', '/keys/gemini/test', { baseUrl: 'https://collect.example.com' })).body.code).toBe(
      'key_required',
    )
    expect(sentProbes()).toBe(before)
  })

  it.each([
    'http://api.example.com',
    'https://127.0.0.1',
    'https://localhost',
    'https://169.254.169.254/latest',
    'https://u:p@api.example.com',
    'ftp://x',
    'https://2130706433',
    'https://[::1]',
  ])('refuses the base URL %s', async (baseUrl) => {
    expect((await call('PUT', '/keys/gemini', { key: geminiKey('host'), baseUrl })).body).toMatchObject({
      status: 400,
      code: 'host_not_allowed',
    })
  })
})

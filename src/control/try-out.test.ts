import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openaiKey } from '../../test/support/key-suite.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'
import { useUpTests } from '../../test/support/use-up-tests.ts'

const config = `
providers:
  openai: { platformKey: sk-sandbox-ok-platform }
features:
  chat: { title: Chat, capability: chat }
  calls: { title: Calls, capability: speech_to_text }
plans:
  standard: { providers: { openai: optional }, fallback: { mode: always } }
`

describe('trying a feature from the page', () => {
  let control: RunningControl
  let owner = ''
  beforeAll(async () => {
    control = await startControl({ config, sandbox: true })
    await control.org('acme')
    owner = await control.member('acme')
  })
  afterAll(() => control?.close())
  const tryOut = (body: object) => control.call('POST', '/api/v1/orgs/acme/try-out', { token: owner, body })

  it('runs one real generation through the gateway and says whose key served', async () => {
    const { body } = await tryOut({ feature: 'chat' })
    expect(body).toMatchObject({
      ok: true,
      status: 200,
      text: expect.stringContaining('sandbox'),
      keySource: 'platform',
      provider: 'openai',
      error: null,
    })
    await control.call('PUT', '/api/v1/orgs/acme/keys/openai', {
      token: owner,
      body: { key: 'sk-sandbox-ok-mine-000000' },
    })
    expect((await tryOut({ feature: 'chat', prompt: 'Say hello.' })).body).toMatchObject({
      ok: true,
      keySource: 'organization',
      fallback: null,
    })
  })

  it('leaves no token behind', async () => {
    expect((await control.call('GET', '/api/v1/tokens')).body.items).toEqual([])
  })

  it('shows the provider’s failure as it is', async () => {
    await control.call('PUT', '/api/v1/orgs/acme/keys/openai', {
      token: owner,
      body: { key: 'sk-sandbox-quota-mine-0000' },
    })
    expect((await tryOut({ feature: 'chat' })).body).toMatchObject({
      ok: true,
      keySource: 'platform',
      fallback: 'quota_exhausted',
    })
  })

  it('says what cannot be tried in a line of text', async () => {
    expect((await tryOut({ feature: 'calls' })).body).toMatchObject({ status: 400, code: 'request_invalid' })
    expect((await tryOut({ feature: 'nothing' })).body).toMatchObject({
      code: 'feature_unknown',
      fix: expect.stringContaining('calls'),
      errors: [{ field: 'body.feature', code: 'unknown_value' }],
    })
  })

  it('counts as a test of a key: after sixty in ten minutes nothing is sent', async () => {
    const { upstream, database } = control
    control.reload(config.replace('sk-sandbox-ok-platform', `${openaiKey('0001')}, baseUrl: UPSTREAM`))
    upstream.on(/./, json({ choices: [{ message: { content: 'ok' } }] }))
    await control.org('beta')
    const token = await control.member('beta')
    const tryIt = async () =>
      (await control.call('POST', '/api/v1/orgs/beta/try-out', { token, body: { feature: 'chat' } })).body
    expect(await tryIt()).toMatchObject({ ok: true, keySource: 'platform' })
    expect(upstream.journal.requests).toHaveLength(1)
    await useUpTests(database, 'test:user:beta:%')
    expect(await tryIt()).toMatchObject({
      status: 429,
      code: 'rate_limited',
      facts: { limited: 'user', limit: 60 },
    })
    expect(upstream.journal.requests).toHaveLength(1)
  })
})

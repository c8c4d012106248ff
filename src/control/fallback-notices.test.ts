import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { openaiKey } from '../../test/support/key-suite.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'
import { openNotices } from '../store/index.ts'

const config = `
providers: { openai: { baseUrl: UPSTREAM, platformKey: sk-proj-platform-0000000000000000000000000001 } }
features: { chat: { title: Chat, capability: chat } }
plans: { standard: { providers: { openai: optional }, fallback: { mode: customer, default: true } } }
`

describe.each(databaseKinds)('turning a key’s fallback on %s', (kind) => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ kind, config })
    control.upstream.on(/./, json({ data: [], choices: [{ message: { content: 'ok' } }] }))
    await control.org('acme')
  })
  afterAll(() => control?.close())

  it.each([
    { fallback: false, over: 'fallback_active' },
    { fallback: true, over: 'key_failing' },
  ])('to $fallback closes the notice $over, and leaves a change of nothing alone', async ({ fallback, over }) => {
    const path = '/api/v1/orgs/acme/keys/openai'
    const { body } = await control.call('PUT', path, { body: { key: openaiKey('1111'), fallback: !fallback } })
    const cause = {
      org: 'acme',
      cause: `${over} ${body.id}`,
      kind: over,
      provider: 'openai',
      keyId: body.id,
      facts: {},
    }
    await openNotices(control.database, [cause], () => `notice-${over}`)
    const open = async () =>
      (await control.call('GET', '/api/v1/orgs/acme/settings')).body.notices.map((one: { kind: string }) => one.kind)
    await control.call('PATCH', path, { body: { fallback: !fallback } })
    expect(await open()).toContain(over)
    expect((await control.call('PATCH', path, { body: { fallback } })).body.fallback).toBe(fallback)
    expect(await open()).not.toContain(over)
  })
})

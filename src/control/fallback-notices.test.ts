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
    { fallback: false, over: 'fallback_active', stays: 'key_failing' },
    { fallback: true, over: 'key_failing', stays: 'fallback_active' },
  ])('to $fallback closes the notice $over alone, and a change of nothing closes none', async (row) => {
    const { fallback, over, stays } = row
    const path = '/api/v1/orgs/acme/keys/openai'
    const { body } = await control.call('PUT', path, { body: { key: openaiKey('1111'), fallback: !fallback } })
    const kinds = [over, stays].sort()
    const causes = kinds.map((kind) => ({
      org: 'acme',
      cause: `${kind} ${body.id}`,
      kind,
      provider: 'openai',
      keyId: body.id,
      facts: {},
    }))
    let made = 0
    await openNotices(control.database, causes, () => `notice-${over}-${made++}`)
    const open = async () =>
      (await control.call('GET', '/api/v1/orgs/acme/notices')).body.items
        .map((one: { kind: string }) => one.kind)
        .filter((kind: string) => kinds.includes(kind))
        .sort()
    await control.call('PATCH', path, { body: { fallback: !fallback } })
    expect(await open()).toEqual(kinds)
    expect((await control.call('PATCH', path, { body: { fallback } })).body.fallback).toBe(fallback)
    expect(await open()).toEqual([stays])
    // What was open about a key is over with it.
    await control.call('PUT', path, { body: { key: openaiKey('2222') } })
    expect(await open()).toEqual([])
  })
})

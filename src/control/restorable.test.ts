import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { openaiKey } from '../../test/support/key-suite.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'
import { json } from '../../test/support/upstream.ts'

const config = `
platform: { name: Acme, aiName: Acme AI }
providers: { openai: { baseUrl: UPSTREAM } }
features: { chat: { title: Chat, capability: chat } }
plans:
  standard: { providers: { openai: optional }, rotation: { overlapHours: 24 } }
  brief: { providers: { openai: optional } }
`
const hourMs = 3_600_000

describe.each(databaseKinds)('a replaced key on %s', (kind) => {
  let control: RunningControl
  const owners: Record<string, string> = {}
  beforeAll(async () => {
    control = await startControl({ kind, config })
    control.upstream.on(/./, json({ data: [], choices: [{ message: { content: 'ok' } }] }))
    for (const [org, plan] of [
      ['acme', 'standard'],
      ['other', 'standard'],
      ['swift', 'brief'],
    ] as const) {
      await control.org(org, { plan })
      owners[org] = await control.member(org)
    }
  })
  afterAll(() => control?.close())
  const call = (method: string, org: string, path: string, body?: unknown) =>
    control.call(method, `/api/v1/orgs/${org}${path}`, { token: owners[org], body })
  const keyOf = async (org: string) => (await call('GET', org, '/settings')).body.providers[0].keys[0]

  it('is named with the time until which it can be put back, and is gone from there once it was', async () => {
    const first = (await call('PUT', 'acme', '/keys/openai', { key: openaiKey('1111') })).body
    expect(first.restorable).toBeNull()
    const second = (await call('PUT', 'acme', '/keys/openai', { key: openaiKey('2222') })).body
    expect(second.restorable).toMatchObject({ hint: first.hint })
    const left = Date.parse(second.restorable.until) - Date.now()
    expect(left).toBeGreaterThan(23 * hourMs)
    expect(left).toBeLessThanOrEqual(24 * hourMs)
    expect((await keyOf('acme')).restorable).toEqual(second.restorable)
    expect((await call('PATCH', 'acme', '/keys/openai', { label: 'Same key' })).body.restorable).toEqual(
      second.restorable,
    )
    const back = (await call('POST', 'acme', '/keys/openai/restore')).body
    expect(back).toMatchObject({ hint: first.hint, restorable: null })
    expect((await keyOf('acme')).restorable).toBeNull()
  })

  it('is not named of another organization’s key, nor where the plan keeps none', async () => {
    await call('PUT', 'acme', '/keys/openai', { key: openaiKey('3333') })
    await call('PUT', 'other', '/keys/openai', { key: openaiKey('4444') })
    expect((await keyOf('other')).restorable).toBeNull()
    await call('PUT', 'swift', '/keys/openai', { key: openaiKey('5555') })
    await call('PUT', 'swift', '/keys/openai', { key: openaiKey('6666') })
    expect((await keyOf('swift')).restorable).toBeNull()
    expect((await call('GET', 'swift', '/settings')).body.restoreHours).toBe(0)
    expect((await call('GET', 'acme', '/settings')).body.restoreHours).toBe(24)
  })

  it('is no longer offered when its time is over', async () => {
    await call('PUT', 'acme', '/keys/openai', { key: openaiKey('7777') })
    control.time.offsetMs = 25 * hourMs
    // The owner's session is over by then; the operator sees the same.
    delete owners['acme']
    expect((await keyOf('acme')).restorable).toBeNull()
    expect((await call('POST', 'acme', '/keys/openai/restore')).body).toMatchObject({ code: 'nothing_to_restore' })
  })
})

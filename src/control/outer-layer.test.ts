import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'

const config = `
providers:
  openai: {}
features:
  chat: { title: Chat }
plans:
  standard: { providers: { openai: optional }, verify: format_only }
vault: { outerLayer: pgcrypto }
`

describe.each(databaseKinds)('keys under the database’s own encryption, on %s', (kind) => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ kind, config, sandbox: true })
    await control.org('acme')
  })
  afterAll(() => control?.close())

  it('are saved, tested from storage, and serve', async () => {
    const token = await control.member('acme')
    const call = (method: string, path: string, body?: unknown) =>
      control.call(method, `/api/v1/orgs/acme${path}`, { token, body })
    expect((await call('PUT', '/keys/openai', { key: 'sk-sandbox-ok-mine-00000xK7q' })).body).toMatchObject({
      status: 'unverified',
      last4: 'xK7q',
    })
    expect((await call('POST', '/keys/openai/test')).body).toMatchObject({ status: 'valid' })
    expect((await call('POST', '/try-out', { feature: 'chat' })).body).toMatchObject({
      ok: true,
      keySource: 'organization',
    })
    const [row] = await control.database.query<{ envelope: Buffer }>('select envelope from key_secrets')
    // 'OP': the outer layer's own mark stands first.
    expect(
      Buffer.from(row?.envelope ?? [])
        .subarray(0, 2)
        .toString(),
    ).toBe('OP')
  })
})

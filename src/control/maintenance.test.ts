import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { openaiKey } from '../../test/support/key-suite.ts'
import { type RunningControl, startControl } from '../../test/support/start-control.ts'

const config = 'plans: { standard: { verify: format_only } }'
const lines = { accept: 'application/x-ndjson' }

describe.each(databaseKinds)('what the operator’s commands ask a server on %s', (kind) => {
  let control: RunningControl
  beforeAll(async () => {
    control = await startControl({ kind, config })
    for (const org of ['acme', 'beta']) {
      await control.org(org)
      await control.call('PUT', `/api/v1/orgs/${org}/keys/openai`, { body: { key: openaiKey(org) } })
    }
  })
  afterAll(() => control?.close())

  const verify = (body: object = {}, headers = {}) => control.call('POST', '/api/v1/audit/verify', { body, headers })
  const rotate = (body: object = {}, headers = {}) =>
    control.call('POST', '/api/v1/master-key/rotate', { body, headers })
  const linesOf = ({ text }: { text: string }) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  it.each(['/api/v1/audit/verify', '/api/v1/master-key/rotate'])('refuses everybody else at %s', async (path) => {
    const owner = await control.member('acme')
    expect((await control.call('POST', path, { token: owner })).body).toMatchObject({ code: 'operator_required' })
    expect((await control.call('POST', path, { token: '' })).body).toMatchObject({ status: 401 })
  })

  it('reads every log to its end, tells how far it is, and finds a row that was changed', async () => {
    const { body } = await verify()
    expect(body).toMatchObject({ intact: true, findings: [] })
    expect(body.heads.map(({ org }: { org: string }) => org)).toEqual(expect.arrayContaining(['acme', 'beta']))
    const told = linesOf(await verify({ kept: body.heads }, lines))
    expect(told[0]).toEqual({ rows: expect.any(Number) })
    expect(told.at(-1)).toEqual({ result: body })
    await control.database.query("update audit_log set actor_id = 'nobody' where org_id = 'acme' and seq = 1")
    expect((await verify()).body).toMatchObject({ intact: false, findings: [{ org: 'acme', kind: 'changed', seq: 1 }] })
  })

  it('rotates, and answers with the counts', async () => {
    await control.database.query("update key_secrets set kek_id = 'older'")
    const { body } = await rotate()
    expect(body).toEqual({ activeKey: expect.any(String), rewrapped: 0, unreadable: { older: 2 } })
    await control.database.query('update key_secrets set kek_id = $1', [body.activeKey])
    expect(linesOf(await rotate({ activeKey: body.activeKey }, lines)).at(-1)).toEqual({
      result: { activeKey: body.activeKey, rewrapped: 0, unreadable: {} },
    })
  })

  it('refuses what is meant for another server, in lines as well', async () => {
    for (const answer of [
      await rotate({ activeKey: 'new' }),
      await rotate({ activeKey: 'new' }, lines),
      await rotate({ process: process.pid + 1 }),
      await verify({ process: process.pid + 1 }, lines),
    ])
      expect(answer.body).toMatchObject({ status: 409, code: 'server_differs', fix: expect.any(String) })
    expect((await verify({ process: process.pid })).status).toBe(200)
  })

  it('takes the ends of thousands of logs, and no unknown field', async () => {
    const kept = Array.from({ length: 3000 }, (_, at) => ({ org: `gone-${at}`, seq: 1, mac: 'cd'.repeat(32) }))
    expect((await verify({ kept })).body.findings).toHaveLength(1000)
    expect((await verify({ keep: [] })).body).toMatchObject({ status: 400, code: 'request_invalid' })
  })
})

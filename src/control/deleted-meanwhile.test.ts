import { expect, it } from 'vitest'
import { startControl } from '../../test/support/start-control.ts'

const config = `
providers: { openai: { baseUrl: UPSTREAM, platformKey: platform-key-of-the-deleted-0000 } }
features: { chat: { title: Chat } }
plans:
  standard: { choice: single, holder: user, managers: [owner], verify: format_only }
`

// On PostgreSQL only: the embedded database does one thing at a time.
it('an organization that is deleted while something of it is being written is unknown to whoever writes', async () => {
  const control = await startControl({ kind: 'postgres', config })
  await control.org('going')
  const calls: readonly [string, string, object][] = [
    ['POST', '/api/v1/sessions', { org: 'going', user: { id: 'ada', role: 'owner' } }],
    ['POST', '/api/v1/tokens', { kind: 'access', org: 'going', feature: 'chat' }],
    ['PUT', '/api/v1/orgs/going/settings/active-provider', { provider: 'openai', user: 'ada' }],
    ['PUT', '/api/v1/orgs/going/keys/openai?user=ada', { key: 'sk-whatever-of-ada-000000000000000000000' }],
    ['POST', '/api/v1/orgs/going/try-out', { feature: 'chat' }],
  ]
  const answers = await control.database.transaction(async (tx) => {
    await tx.query("delete from organizations where id = 'going'")
    const asked = calls.map(async ([method, path, body]) => (await control.call(method, path, { body })).body.code)
    // Asked outside the transaction, which would see the same moment again and again.
    const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    while ((await control.database.query(waiting)).length < calls.length);
    return asked
  })
  expect(await Promise.all(answers)).toEqual(calls.map(() => 'org_unknown'))
  await control.close()
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../src/store/index.ts'
import { canaryKeys } from '../support/canary.ts'
import { databaseKinds } from '../support/databases.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

const org = 'org-that-leaves'
const person = 'person-that-leaves'
const secret = `whsec_${Buffer.from('the webhook secret of the deletion').toString('base64')}`

/** Every row of every table that has one of the texts anywhere, bytes read as text too. */
async function rowsWith(database: Database, texts: readonly string[]): Promise<string[]> {
  const tables = await database.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'",
  )
  const found: string[] = []
  for (const { name } of tables) {
    for (const { row } of await database.query<{ row: string }>(`select t::text as row from "${name}" t`)) {
      const hex = texts.map((text) => Buffer.from(text).toString('hex'))
      if ([...texts, ...hex].some((text) => row.includes(text))) found.push(name)
    }
  }
  return found
}

describe.each(databaseKinds)('an organization that leaves, on %s', (kind) => {
  let journey: Journey
  let record: string
  beforeAll(async () => {
    journey = await startJourney({
      database: kind,
      more: {
        features: { assistant: { title: 'Assistant', meter: 'answers' } },
        webhooks: [{ url: 'http://127.0.0.1:9/hook', secret, events: ['*'] }],
        plans: {
          standard: {
            verify: 'on_save',
            fallback: { mode: 'always' },
            credits: { ownKey: 1, platformKey: 5 },
            quotas: { answers: { limit: 10, ownKeyExempt: false } },
            caps: [{ limit: 10 }],
            rotation: { overlapHours: 24, everyDays: 3 },
          },
        },
      },
    })
    const { ownkey, upstream } = journey
    upstream.on(/./, json({ id: 'x', choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } }))
    for (const id of [org, 'org-that-stays']) {
      await ownkey.putOrg(id)
      await ownkey.api('POST', `/orgs/${id}/credits`, { amount: 50, reason: 'start', idempotencyKey: `grant-${id}` })
      await ownkey.putKey(id, 'openai', canaryKeys.openai, { label: `of ${id}` })
      await ownkey.putKey(id, 'openai', `${canaryKeys.openai.slice(0, -4)}wxyz`)
      await ownkey.api('POST', '/sessions', { org: id, user: { id: `${person}-${id}`, name: 'Ada', role: 'owner' } })
      const token = await ownkey.token({ org: id, user: `${person}-${id}`, feature: 'assistant' })
      const calls = [nativeCalls.openai(token), nativeCalls.openai(token)]
      const statuses = await Promise.all(
        calls.map(async (call, index) => {
          const headers = { ...call.headers, 'ownkey-request-id': `request-of-${id}-${index}` }
          return (await rawCall(ownkey.url, { ...call, headers })).status
        }),
      )
      expect(statuses).toEqual([200, 200])
    }
  })
  afterAll(() => journey?.close())

  test('takes everything with it that is held of it, but secrets', async () => {
    // Requests are written beside the answers: at rest all of them are.
    await journey.ownkey.restart()
    const answer = await fetch(`${journey.ownkey.url}/api/v1/orgs/${org}/export`, {
      headers: { authorization: `Bearer ${journey.ownkey.adminToken}` },
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
    const text = await answer.text()
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ export: { org } })
    expect(lines.at(-1).end.counts).toMatchObject({
      organizations: 1,
      provider_keys: 1,
      tokens: 1,
      sessions: 1,
      entries: 2,
      credit_grants: 1,
    })
    expect(lines.at(-1).end.counts.audit_log).toBeGreaterThan(3)
    const rows = (table: string) => lines.filter((each) => each.table === table).map(({ row }) => row)
    expect(rows('provider_keys')).toMatchObject([{ provider: 'openai', label: `of ${org}` }])
    expect(rows('tokens')[0]).not.toHaveProperty('hash')
    expect(rows('sessions')[0]).not.toHaveProperty('hash')
    expect(text).not.toContain('org-that-stays')
    expect(text).not.toContain(canaryKeys.openai)
    expect((await journey.ownkey.api('GET', '/orgs/unknown/export')).status).toBe(404)
  })

  test('is deleted with a record of what was, and nothing else in any table', async () => {
    const { ownkey } = journey
    const head = (await ownkey.api('GET', `/orgs/${org}/audit?limit=1`)).body.items[0]
    const gone = await ownkey.api('DELETE', `/orgs/${org}`)
    expect(gone.status).toBe(204)
    record = gone.headers.get('location') ?? ''
    const { body } = await ownkey.api('GET', record.replace('/api/v1', ''))
    expect(body).toMatchObject({ org, deletedBy: 'operator', intact: true, auditHead: { seq: head.seq } })
    expect(body.counts).toMatchObject({
      organizations: 1,
      provider_keys: 1,
      key_secrets: 2,
      tokens: 1,
      sessions: 1,
      entries: 2,
      credit_grants: 1,
    })
    expect((await ownkey.api('GET', `/deletions?org=${org}`)).body.items).toHaveLength(1)
    expect((await ownkey.api('DELETE', `/orgs/${org}`)).status).toBe(404)

    const found = await ownkey.atRest((database) => rowsWith(database, [org, `${person}-${org}`, `request-of-${org}`]))
    // The record of it, and that it is gone: should the database be put back, this is how it is known.
    expect(found).toEqual(['deletions', 'withdrawals'])
    const kept = await ownkey.atRest((database) =>
      database.query('select kind, version from withdrawals where target = $1', [org]),
    )
    expect(kept).toEqual([{ kind: 'organization', version: null }])
    const others = await ownkey.atRest((database) => rowsWith(database, ['org-that-stays']))
    const stays = ['organizations', 'provider_keys', 'tokens', 'sessions', 'entries', 'audit_log']
    expect(others).toEqual(expect.arrayContaining(stays))
    const trail = (await ownkey.api('GET', '/audit?action=org.delete')).body.items
    expect(trail).toMatchObject([{ target: record.split('/').at(-1) }])
  })

  test('leaves others as they were: their replaced key comes back, once, and a revoked one is gone', async () => {
    const { ownkey } = journey
    const path = '/orgs/org-that-stays/keys/openai'
    const restored = await ownkey.api('POST', `${path}/restore`)
    expect(restored.body).toMatchObject({ version: 3, last4: canaryKeys.openai.slice(-4), label: 'of org-that-stays' })
    expect((await ownkey.api('POST', `${path}/restore`)).body).toMatchObject({
      status: 409,
      code: 'nothing_to_restore',
    })
    const token = await ownkey.token({ org: 'org-that-stays', feature: 'assistant' })
    expect((await rawCall(ownkey.url, nativeCalls.openai(token))).status).toBe(200)
    expect(journey.upstream.journal.requests.at(-1)?.header('authorization')).toBe(`Bearer ${canaryKeys.openai}`)
    expect((await ownkey.api('POST', `${path}/disable`)).body.state).toBe('disabled')
    expect((await ownkey.api('POST', `${path}/revoke`)).status).toBe(204)
    const actions = (await ownkey.api('GET', '/orgs/org-that-stays/audit?limit=4')).body.items
    expect(
      actions.map(({ action }: { action: string }) => action).filter((action: string) => action !== 'token.create'),
    ).toEqual(['key.revoke', 'key.disable', 'key.restore'])
    expect(await ownkey.atRest((database) => database.query('select 1 from key_secrets'))).toEqual([])
  })

  test('leaves no token that opens an organization which is made anew under its id', async () => {
    const { ownkey } = journey
    const again = 'org-that-comes-again'
    await ownkey.putOrg(again)
    const token = await ownkey.token({ org: again, feature: 'assistant' })
    const ask = async () => (await rawCall(ownkey.url, nativeCalls.openai(token))).status
    await ownkey.putKey(again, 'openai', canaryKeys.openai)
    await ownkey.api('POST', `/orgs/${again}/credits`, { amount: 9, reason: 'start', idempotencyKey: 'first' })
    expect(await ask()).toBe(200)
    await ownkey.api('DELETE', `/orgs/${again}`)
    await ownkey.putOrg(again)
    expect(await ask()).toBe(401)
  })

  test('leaves a record whose every change shows', async () => {
    await journey.ownkey.atRest((database) =>
      database.query('update deletions set counts = counts || \'{"entries": 0}\'::jsonb'),
    )
    expect((await journey.ownkey.api('GET', record.replace('/api/v1', ''))).body).toMatchObject({ intact: false })
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../../test/support/databases.ts'
import { migrate, type Queryable } from '../index.ts'
import { readMigrations } from '../migrate.ts'
import { openNotices, resolveNotices, resolveNoticesOfKeys } from './notices.ts'

const keys = `insert into provider_keys
  (id, org_id, holder, user_id, provider, environment, version, hint, last4, origin, created_by, updated_by)
  values ('k1', 'acme', 'organization', '', 'gemini', 'production', 1, '', '', '', '', ''),
         ('k2', 'acme', 'user', 'ada', 'gemini', 'production', 1, '', '', '', '', '')`

describe.each(databaseKinds)('notices on %s', (kind) => {
  let opened: OpenTestDatabase
  let count = 0
  const newId = () => `n${++count}`
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    await opened.database.query(
      "insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard'), ('beta', 'Beta', 'standard')",
    )
    await opened.database.query(keys)
  })
  afterAll(() => opened.remove())

  const all = (org: string) =>
    opened.database.query(
      'select cause, kind, count, facts, resolved_at is null as open from notices where org_id = $1 order by opened_at, id',
      [org],
    )
  const invalid = { org: 'acme', cause: 'key_invalid:k1', kind: 'key_invalid', keyId: 'k1', provider: 'gemini' }

  test('are one for each cause, and count', async () => {
    expect(await openNotices(opened.database, [invalid, { ...invalid, org: 'beta' }], newId)).toHaveLength(2)
    expect(await openNotices(opened.database, [{ ...invalid, times: 40, facts: { status: 401 } }], newId)).toEqual([])
    expect(await all('acme')).toEqual([
      { cause: 'key_invalid:k1', kind: 'key_invalid', count: 41, facts: { status: 401 }, open: true },
    ])
  })

  test('are one for each cause when many tell of it at once', async () => {
    const told = await Promise.all(
      Array.from({ length: 20 }, () => openNotices(opened.database, [{ ...invalid, cause: 'fallback' }], newId)),
    )
    expect(told.flat()).toEqual([{ org: 'acme', cause: 'fallback' }])
    expect(await all('acme')).toContainEqual(expect.objectContaining({ cause: 'fallback', count: 20 }))
  })

  test('close by themselves and open anew when the cause comes back', async () => {
    expect(await resolveNotices(opened.database, [invalid, { org: 'acme', cause: 'never opened' }])).toBe(1)
    expect(await resolveNotices(opened.database, [invalid])).toBe(0)
    expect(await openNotices(opened.database, [invalid], newId)).toHaveLength(1)
    const rows = (await all('acme')).filter((row) => row['cause'] === invalid.cause)
    expect(rows).toMatchObject([{ open: false }, { open: true, count: 1 }])
    expect(await all('beta')).toMatchObject([{ open: true }])
  })

  test('of an unknown organization are left out', async () => {
    expect(
      await openNotices(
        opened.database,
        [
          { ...invalid, org: 'gone' },
          { ...invalid, cause: 'other' },
        ],
        newId,
      ),
    ).toEqual([{ org: 'acme', cause: 'other' }])
  })

  test('say whose key they are about, also when it is gone, and open for none that is gone already', async () => {
    const ofAda = { ...invalid, cause: 'key_invalid:k2', keyId: 'k2' }
    await openNotices(opened.database, [ofAda], newId)
    await opened.database.query("delete from provider_keys where id = 'k2'")
    expect(
      await opened.database.query('select distinct key_id, user_id from notices where org_id = $1 order by 1', [
        'acme',
      ]),
    ).toEqual([
      { key_id: 'k1', user_id: null },
      { key_id: 'k2', user_id: 'ada' },
    ])
    expect(await openNotices(opened.database, [{ ...ofAda, cause: 'later' }], newId)).toEqual([])
  })
})

test.each(databaseKinds)('notices of before learn on %s whose key they were about', async (kind) => {
  const opened = await openTestDatabase(kind, { migrated: false })
  const migrations = readMigrations()
  await migrate(opened.database, migrations.slice(0, 8))
  await opened.database.query("insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard')")
  await opened.database.query(keys)
  await opened.database.query(
    `insert into notices (id, org_id, cause, kind, key_id)
     select id, 'acme', id, 'key_failing', id from unnest($1::text[]) as id`,
    [['k1', 'k2', 'k3', 'k4']],
  )
  await opened.database.query(
    `insert into audit_log (org_id, seq, at, actor_kind, actor_id, action, target, detail, mac)
     values ('acme', 1, now(), 'member', 'bob', 'key.clear', 'k3', '{"holder": "user", "user": "bob"}', ''),
            ('acme', 2, now(), 'member', 'ann', 'key.revoke', 'k4', '{"holder": "organization", "user": ""}', '')`,
  )
  await migrate(opened.database, migrations)
  expect(await opened.database.query('select id, user_id from notices order by id')).toEqual([
    { id: 'k1', user_id: null },
    { id: 'k2', user_id: 'ada' },
    { id: 'k3', user_id: 'bob' },
    { id: 'k4', user_id: null },
  ])
  await opened.remove()
})

test('nodes that open and close the same notices at once do not wait for each other for ever', async () => {
  const opened = await openTestDatabase('postgres')
  const { database } = opened
  await database.query("insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard')")
  await database.query(keys)
  let count = 0
  const open = (queryable: Queryable, cause: string, keyId: string) =>
    openNotices(queryable, [{ org: 'acme', cause, kind: 'key_failing', keyId }], () => `n${++count}`)
  // A scan of the table finds them in the other order, and of a small one that is known to be small PostgreSQL asks no index.
  await open(database, '2', 'k1')
  await open(database, '1', 'k2')
  await database.query('analyze notices')
  const isWaiting = async () =>
    (await database.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%notices%'"))
      .length > 0
  let closing: Promise<number> | undefined
  await database.transaction(async (tx) => {
    await open(tx, '1', 'k2')
    closing = resolveNoticesOfKeys(database, ['k1', 'k2'])
    closing.catch(() => undefined)
    await expect.poll(isWaiting, { timeout: 20_000 }).toBe(true)
    await open(tx, '2', 'k1')
  })
  expect(await closing).toBe(2)
  await opened.remove()
})

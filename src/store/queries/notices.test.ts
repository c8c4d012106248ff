import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../../test/support/databases.ts'
import { openNotices, resolveNotices } from './notices.ts'

describe.each(databaseKinds)('notices on %s', (kind) => {
  let opened: OpenTestDatabase
  let count = 0
  const newId = () => `n${++count}`
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    await opened.database.query(
      "insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard'), ('beta', 'Beta', 'standard')",
    )
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
})

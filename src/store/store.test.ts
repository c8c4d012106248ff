import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import type { Database } from './index.ts'
import {
  changesChannel,
  deleteOrganizationData,
  getOrganization,
  insertDeliveries,
  insertWebhookEvent,
  listOrganizations,
  takeWebhookEvents,
  touchOrganization,
  upsertOrganization,
} from './index.ts'

const fields = { name: 'Acme', plan: 'standard', addOns: ['re_engagement'], byokEnabled: null, locale: 'en' }

describe.each(databaseKinds)('the store on %s', (kind) => {
  let opened: OpenTestDatabase
  let database: Database

  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    database = opened.database
    await database.query(
      'create table things (id integer primary key, amount bigint not null default 0 check (amount >= 0))',
    )
  })
  afterAll(() => opened.remove())

  it('says which kind it is', () => {
    expect(database.kind).toBe(kind)
  })

  it('gives bigint as number, exactly, and as bigint where a number cannot hold it', async () => {
    expect(
      await database.query("select 5::int8 as small, 9007199254740993::int8 as large, '-3'::int8 as negative"),
    ).toEqual([{ small: 5, large: 9007199254740993n, negative: -3 }])
  })

  it('gives dates, times, bytes, arrays and JSON in the same form', async () => {
    const [row] = await database.query(
      `select date '2026-01-31' as day, timestamptz '2026-01-31T23:30:00Z' as moment, $1::bytea as bytes, $2::text[] as list,
         $3::jsonb as json, null::text as nothing, 1.5::float8 as half, true as yes`,
      [Buffer.from([0, 255, 10]), ['a', 'b,"c"'], { a: [1, 'ü'] }],
    )
    expect(row).toEqual({
      day: '2026-01-31',
      moment: new Date('2026-01-31T23:30:00Z'),
      bytes: Buffer.from([0, 255, 10]),
      list: ['a', 'b,"c"'],
      json: { a: [1, 'ü'] },
      nothing: null,
      half: 1.5,
      yes: true,
    })
  })

  it('carries large values and texts unchanged', async () => {
    const bytes = Buffer.alloc(3_000_000, 7)
    const text = '€'.repeat(500_000)
    const [row] = await database.query<{ bytes: Buffer; text: string }>('select $1::bytea as bytes, $2::text as text', [
      bytes,
      text,
    ])
    expect(row?.bytes.equals(bytes)).toBe(true)
    expect(row?.text).toBe(text)
  })

  it('knows a statement by its name on the connection that ran it, also after it failed there', async () => {
    const quotient = (by: number) => database.query('select 6 / $1::int as n', [by], 'divide six')
    expect(await quotient(2)).toEqual([{ n: 3 }])
    await expect(quotient(0)).rejects.toMatchObject({ code: '22012' })
    for (const by of [1, 2, 3, 6]) expect(await quotient(by)).toEqual([{ n: 6 / by }])
    const known = "select name from pg_prepared_statements where name = 'divide six'"
    expect(await database.query(known, [], 'known')).toEqual([{ name: 'divide six' }])
  })

  it('keeps what a transaction wrote and drops what a failed one wrote', async () => {
    const answer = await database.transaction(async (tx) => {
      await tx.query('insert into things (id) values (1)')
      return 'kept'
    })
    const failed = database.transaction(async (tx) => {
      await tx.query('insert into things (id) values (2)')
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    expect(answer).toBe('kept')
    expect(await database.query('select id from things order by id')).toEqual([{ id: 1 }])
  })

  it('goes on after a statement that failed, inside a transaction and outside', async () => {
    await expect(database.query('select nonsense')).rejects.toMatchObject({ code: '42703' })
    await expect(database.transaction((tx) => tx.query('insert into things (id) values (1)'))).rejects.toMatchObject({
      code: '23505',
    })
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('does not let the values of a refused row travel in the error', async () => {
    const error = await database.query('insert into things (id, amount) values (77, -424242)').catch((reason) => reason)
    expect(error.code).toBe('23514')
    expect(JSON.stringify([error.message, error.detail, { ...error }])).not.toContain('424242')
  })

  it('has transactions to itself, one after the other or side by side, without mixing', async () => {
    await database.query('insert into things (id, amount) values (10, 0)')
    await Promise.all(
      Array.from({ length: 20 }, () =>
        database.transaction(async (tx) => {
          const [row] = await tx.query<{ amount: number }>('select amount from things where id = 10 for update')
          await tx.query('update things set amount = $1 where id = 10', [(row?.amount ?? 0) + 1])
        }),
      ),
    )
    expect(await database.query('select amount from things where id = 10')).toEqual([{ amount: 20 }])
  })

  it('refuses a query on a transaction that is over, which might land in somebody else’s', async () => {
    const leaked = await database.transaction(async (tx) => tx)
    await expect(leaked.query('select 1')).rejects.toThrow('used after its end')
  })

  it('lets exactly one of many spend the last unit by one conditional update', async () => {
    await database.query('insert into things (id, amount) values (20, 1)')
    const spent = await Promise.all(
      Array.from({ length: 100 }, () =>
        database.query('update things set amount = amount - 1 where id = 20 and amount >= 1 returning id'),
      ),
    )
    expect(spent.filter((rows) => rows.length === 1)).toHaveLength(1)
  })

  it('delivers notifications at commit, and none of a transaction that was rolled back', async () => {
    const heard: string[] = []
    const bell = waitFor(() => heard.includes('last'))
    const stop = await database.listen('bell', (payload) => {
      heard.push(payload)
      bell.check()
    })
    await database.transaction((tx) => tx.query("select pg_notify('bell', 'first')"))
    await database
      .transaction(async (tx) => {
        await tx.query("select pg_notify('bell', 'never')")
        throw new Error('no')
      })
      .catch(() => {})
    await database.query("select pg_notify('bell', 'last')")
    await bell.done
    await stop()
    expect(heard).toEqual(['first', 'last'])
  })

  it('keeps organizations: made, replaced, listed page by page, touched, deleted', async () => {
    for (const id of ['org-c', 'org-a', 'org-b']) await upsertOrganization(database, id, { ...fields, name: id })
    const again = await upsertOrganization(database, 'org-a', { ...fields, plan: 'premium' })
    expect(again).toMatchObject({ id: 'org-a', plan: 'premium', add_ons: ['re_engagement'], balance: 0 })

    const first = await listOrganizations(database, { limit: 2 })
    const second = await listOrganizations(database, { after: first.at(-1)?.id, limit: 2 })
    expect([...first, ...second].map(({ id }) => id)).toEqual(['org-a', 'org-b', 'org-c'])

    expect(await database.transaction((tx) => deleteOrganizationData(tx, 'org-c'))).toMatchObject({ organizations: 1 })
    expect(await database.transaction((tx) => deleteOrganizationData(tx, 'org-c'))).toEqual({})
    expect(await getOrganization(database, 'org-c')).toBeUndefined()
  })

  it('raises the epoch and tells every listener with a change', async () => {
    await upsertOrganization(database, 'org-touched', fields)
    const before = (await getOrganization(database, 'org-touched'))?.epoch as number
    const heard: string[] = []
    const told = waitFor(() => heard.length > 0)
    const stop = await database.listen(changesChannel, (payload) => {
      heard.push(payload)
      told.check()
    })
    expect(await database.transaction((tx) => touchOrganization(tx, 'org-touched'))).toBe(before + 1)
    await told.done
    await stop()
    expect(heard).toEqual(['{"org":"org-touched"}'])
    expect(await database.transaction((tx) => touchOrganization(tx, 'nobody'))).toBeUndefined()
  })
})

describe('PostgreSQL, where others work beside a deletion', () => {
  let opened: OpenTestDatabase
  beforeAll(async () => {
    opened = await openTestDatabase('postgres')
  })
  afterAll(() => opened.remove())

  it('takes along the deliveries that are being made of its events', async () => {
    const { database } = opened
    const org = 'org-with-events'
    await upsertOrganization(database, org, fields)
    await database.transaction((tx) => insertWebhookEvent(tx, { id: 'evt_1', org, type: 'org.create', data: {} }))
    let deletion: Promise<Record<string, number>> | undefined
    await database.transaction(async (tx) => {
      const [event] = await takeWebhookEvents(tx, 1)
      expect(event).toMatchObject({ id: 'evt_1', org_id: org })
      deletion = database.transaction((other) => deleteOrganizationData(other, org))
      await expect
        .poll(() =>
          database.query(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
          ),
        )
        .toHaveLength(1)
      const delivery = {
        id: 'dlv_1',
        event_id: 'evt_1',
        org_id: org,
        endpoint: 'one',
        type: 'org.create',
        payload: '{}',
      }
      await insertDeliveries(tx, [delivery])
    })
    expect(await deletion).toMatchObject({ organizations: 1, webhook_deliveries: 1 })
    expect(await database.query('select org_id from webhook_deliveries')).toEqual([])
  })
})

/** A promise that resolves when the condition holds at a `check`. */
function waitFor(condition: () => boolean): { check(): void; done: Promise<void> } {
  let resolve = () => {}
  const done = new Promise<void>((settled) => {
    resolve = settled
  })
  return { check: () => condition() && resolve(), done }
}

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { openedRow } from './entry-rows.ts'
import { createReservations } from './reservations.ts'

let opened: OpenTestDatabase
beforeAll(async () => {
  opened = await openTestDatabase('postgres')
})
afterAll(() => opened.remove())

let count = 0
const rowOf = (org: string) =>
  openedRow(`ent-${++count}`, {
    requestId: `req-${count}`,
    attempt: 1,
    org,
    environment: 'production',
    provider: 'gemini',
    surface: 'generate',
    source: 'platform',
    host: 'generativelanguage.googleapis.com',
    credits: 1,
    startedAt: Date.now(),
  })

test('a crowd of some organizations does not keep another one waiting until it is through', async () => {
  const { database } = opened
  const crowds = ['one', 'two', 'three', 'four']
  for (const org of [...crowds, 'alone'])
    await database.query("insert into organizations (id, name, plan, balance) values ($1, $1, 'standard', 100)", [org])
  const reservations = createReservations({ database, node: 'node' })
  let served = 0
  const all = crowds.flatMap((org) =>
    Array.from({ length: 50 }, () => reservations.take(rowOf(org), { balance: 0 }).then(() => served++)),
  )
  await reservations.take(rowOf('alone'), { balance: 0 })
  expect(served).toBeLessThan(50)
  await Promise.all(all)
  expect(await database.query('select id, balance from organizations order by id')).toEqual(
    ['alone', ...crowds].sort().map((id) => ({ id, balance: id === 'alone' ? 99 : 50 })),
  )
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { syncNotices } from '../store/index.ts'
import { rotationCause } from './sweep-notices.ts'

const key = {
  id: 'key_1',
  org_id: 'acme',
  plan: 'standard',
  provider: 'openai',
  environment: 'production',
  hint: 'sk-...wxyz',
  owner: 'platform team',
}
const today = Date.UTC(2026, 10, 21, 15)
const due = (rotateBy: string, remindDays = [30, 7, 1]) =>
  rotationCause({ ...key, rotate_by: rotateBy }, remindDays, today)

describe('due dates of keys', () => {
  it.each([
    ['2026-12-22', undefined],
    ['2026-12-21', 30],
    ['2026-11-29', 30],
    ['2026-11-28', 7],
    ['2026-11-22', 1],
    ['2026-11-21', 1],
  ])('due on %s is told by the reminder of %s days', (date, reminder) => {
    expect(due(date)?.facts?.['reminder']).toBe(reminder)
  })

  it('are told of once more when they are over, and each reminder has a notice of its own', () => {
    expect(due('2026-11-20')).toMatchObject({
      kind: 'rotation_overdue',
      keyId: 'key_1',
      facts: { owner: 'platform team' },
    })
    expect(new Set([due('2026-11-29')?.cause, due('2026-11-28')?.cause, due('2026-11-22')?.cause]).size).toBe(3)
    expect(due('2026-11-22', [])).toBeUndefined()
  })
})

describe.each(databaseKinds)('notices of the state on %s', (kind) => {
  let opened: OpenTestDatabase
  let count = 0
  const sync = (...causes: NonNullable<ReturnType<typeof due>>[]) =>
    opened.database.transaction((tx) =>
      syncNotices(tx, causes, { kinds: ['rotation_due', 'rotation_overdue'], newId: () => `n${++count}` }),
    )
  const told = () => opened.database.query<{ type: string }>('delete from webhook_events returning type')
  const rows = () => opened.database.query('select kind, count, resolved_at is null as open from notices order by id')
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    await opened.database.query("insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard')")
  })
  afterAll(() => opened.remove())

  it('open once, are told once, and close by themselves', async () => {
    const week = due('2026-11-28')!
    await sync(week)
    await sync(week)
    expect(await rows()).toEqual([{ kind: 'rotation_due', count: 1, open: true }])
    expect(await told()).toEqual([{ type: 'notice.opened' }])
    await sync(due('2026-11-20')!)
    expect((await told()).map(({ type }) => type).sort()).toEqual(['notice.opened', 'notice.resolved'])
    await sync()
    expect((await rows()).map(({ open }) => open)).toEqual([false, false])
  })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { OwnkeyError } from '../contract/index.ts'
import type { AttemptReport } from '../gateway/index.ts'
import { type Database, getKeyById } from '../store/index.ts'
import { createAttemptNotes } from './attempt-notes.ts'
import { createAttemptNotices } from './attempt-notices.ts'
import { createLog } from './log.ts'

let vault: TestVault
let database: Database
let isAway = false
let refusals = 0
beforeAll(async () => {
  vault = await openTestVault('embedded')
  const { opened } = vault
  database = {
    ...opened.database,
    query(text, values, name) {
      if (!isAway) return opened.database.query(text, values, name)
      refusals++
      return Promise.reject(new OwnkeyError('unavailable'))
    },
  }
})
afterAll(() => vault.opened.remove())

const log = createLog({ level: 'silent' })
const refused = { class: 'invalid_key' } as const

async function failing(): Promise<AttemptReport & { key: { id: string; version: number } }> {
  const slot = await vault.newSlot()
  const { id, version } = await vault.put(slot)
  const { org, provider } = slot
  return { org, provider, source: 'organization', key: { id, version }, surface: 'chat', failure: refused }
}

/** @param tries writes that are tried in vain before the database is back */
async function whileAway(tell: () => void, tries: number): Promise<void> {
  isAway = true
  tell()
  const before = refusals
  await expect.poll(() => refusals).toBeGreaterThanOrEqual(before + tries)
  isAway = false
}

test('a key’s status and its last use wait for a database that is away', async () => {
  const report = await failing()
  const notes = createAttemptNotes({ database, log, everyMs: 20, changesMs: 5 })
  // The change of status, and the time of use.
  await whileAway(() => notes.report(report), 2)
  await expect
    .poll(() => getKeyById(database, { org: report.org, id: report.key.id }))
    .toMatchObject({ status: 'invalid', status_class: 'invalid_key', last_used_at: expect.any(Date) })
  await notes.close()
})

test('a notice waits for it too, and counts all that happened meanwhile', async () => {
  const report = await failing()
  const notices = createAttemptNotices({ database, log, everyMs: 20 })
  await whileAway(() => notices.report(report), 1)
  notices.report(report)
  await notices.close()
  const rows = await database.query('select kind, count from notices where key_id = $1', [report.key.id])
  expect(rows).toEqual([{ kind: 'key_failing', count: 2 }])
})

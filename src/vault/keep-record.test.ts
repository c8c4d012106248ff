import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { noteWithdrawal, openDatabase } from '../store/index.ts'
import { keepRecord } from './keep-record.ts'
import { recordOf } from './restored-database.ts'

let vault: TestVault
const folder = mkdtempSync(join(tmpdir(), 'ownkey-record-'))
beforeAll(async () => {
  vault = await openTestVault('postgres')
})
afterAll(async () => {
  await vault?.opened.remove()
  rmSync(folder, { recursive: true, force: true })
})

test('two processes that write at the same moment write each line once, in order', async () => {
  const { url, database } = vault.opened
  const thrown = (error: unknown) => {
    throw error
  }
  const databases = await Promise.all([0, 1].map(() => openDatabase({ url, dataDir: '' })))
  const keepers = databases.map((one) =>
    keepRecord({
      database: one,
      folder,
      everyMs: 3_600_000,
      onTrouble: ({ error }) => thrown(error),
      onRestored: thrown,
    }),
  )
  const rounds = Array.from({ length: 50 }, (_, index) => index + 1)
  for (const round of rounds) {
    await database.transaction((tx) => noteWithdrawal(tx, { kind: 'token', target: `token-${round}` }))
    await Promise.all(keepers.map((keeper) => keeper.write()))
  }
  for (const keeper of keepers) await keeper.close()
  for (const one of databases) await one.close()
  expect((await recordOf(database, folder))?.all().map(({ number }) => number)).toEqual(rounds)
})

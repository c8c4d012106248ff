import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { by, openTestVault, type TestVault } from '../../test/support/vault.ts'
import { noteWithdrawal, openDatabase } from '../store/index.ts'
import { acceptRestored, keepRecord } from './index.ts'
import { recordOf } from './restored-database.ts'

let vault: TestVault
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-record-'))
  vault = await openTestVault('postgres')
})
afterEach(async () => {
  await vault?.opened.remove()
  rmSync(folder, { recursive: true, force: true })
})

function revoke(token: string): Promise<void> {
  return vault.deps.database.transaction((tx) => noteWithdrawal(tx, { kind: 'token', target: token }))
}

/** Looks only when a test says so. */
function keep(where = folder) {
  const told: string[] = []
  const kept = keepRecord({
    database: vault.deps.database,
    folder: where,
    everyMs: 3_600_000,
    onTrouble: () => told.push('trouble'),
    onRestored: () => told.push('restored'),
  })
  return { kept, told }
}

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
    await revoke(`token-${round}`)
    await Promise.all(keepers.map((keeper) => keeper.write()))
  }
  for (const keeper of keepers) await keeper.close()
  for (const one of databases) await one.close()
  expect((await recordOf(database, folder))?.all().map(({ number }) => number)).toEqual(rounds)
})

test('a record that cannot be written is told of once, and once more when it failed again after it went', async () => {
  const where = join(folder, 'inside')
  const { kept, told } = keep(where)
  const rounds = async (token: string) => {
    await revoke(token)
    for (let i = 0; i < 3; i++) await kept.write()
  }
  for (const isBlocked of [true, false, true]) {
    rmSync(where, { recursive: true, force: true })
    if (isBlocked) writeFileSync(where, 'a file where the folder should be')
    await rounds(`blocked-${isBlocked}`)
  }
  expect(told).toEqual(['trouble', 'trouble'])
  rmSync(where)
  await kept.write()
  await kept.close()
  expect((await recordOf(vault.deps.database, where))?.all()).toHaveLength(3)
})

test('a database that was put back is told of once, and the record keeps all that both knew once it is accepted', async () => {
  const { database } = vault.deps
  const { kept, told } = keep()
  // More than are written at once.
  await database.query(
    "insert into withdrawals (number, id, kind, target) select n, 'w' || n, 'token', 'old' from generate_series(1, 5000) as n",
  )
  for (const token of ['before', 'lost']) await revoke(token)
  await kept.write()
  // As a backup from between the two has it, and what was revoked after it was put back.
  await database.query("delete from withdrawals where target = 'lost'")
  await revoke('since')
  for (let i = 0; i < 3; i++) await kept.write()
  expect([told, kept.restored?.code]).toEqual([['restored'], 'database_restored'])
  await kept.close()

  const targets = async () => {
    const all = (await recordOf(database, folder))?.all().map(({ target }) => target) ?? []
    return [all.length, ...all.slice(5_000)]
  }
  expect(await targets()).toEqual([5_002, 'before', 'lost'])
  await acceptRestored(vault.deps, { folder, asIs: false, by })
  const after = keep()
  await after.kept.write()
  await revoke('after')
  await after.kept.close()
  expect([after.told, await targets()]).toEqual([[], [5_004, 'before', 'since', 'lost', 'after']])
})

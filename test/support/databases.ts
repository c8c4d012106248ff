/** Both databases, for suites that must hold on each: `describe.each(databaseKinds)('on %s', (kind) => …)`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, migrate, openDatabase } from '../../src/store/index.ts'
import { dumpRows } from './dump-rows.ts'
import { copyEmbeddedDatabase, createTestDatabase } from './postgres.ts'

export const databaseKinds = ['postgres', 'embedded'] as const
export type DatabaseKind = (typeof databaseKinds)[number]

export interface OpenTestDatabase {
  database: Database
  /** Absent for the embedded database. */
  url?: string
  /** Exists for both kinds. */
  dataDir: string
  /** Keeps the rows for the canary search, closes the database and removes everything. */
  remove(): Promise<void>
}

/** A fresh database with all migrations applied, unless told otherwise. */
export async function openTestDatabase(
  kind: DatabaseKind,
  options: { migrated?: boolean } = {},
): Promise<OpenTestDatabase> {
  const dataDir = kind === 'embedded' ? await copyEmbeddedDatabase() : mkdtempSync(join(tmpdir(), 'ownkey-data-'))
  const server = kind === 'postgres' ? await createTestDatabase() : undefined
  const database = await openDatabase({ url: server?.url, dataDir })
  if (options.migrated !== false) await migrate(database)
  return {
    database,
    ...(server ? { url: server.url } : {}),
    dataDir,
    async remove() {
      if (!server) await dumpEmbedded(database, dataDir)
      await database.close()
      await server?.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Its own test may have closed it: then it is opened once more. */
async function dumpEmbedded(database: Database, dataDir: string): Promise<void> {
  const answers = await database.query('select 1').then(
    () => true,
    () => false,
  )
  if (answers) return dumpRows(database, 'embedded-rows')
  await database.close()
  const again = await openDatabase({ dataDir })
  await dumpRows(again, 'embedded-rows')
  await again.close()
}

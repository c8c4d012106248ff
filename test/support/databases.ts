/** Both databases, for suites that must hold on each: `describe.each(databaseKinds)('on %s', (kind) => …)`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, migrate, openDatabase } from '../../src/store/index.ts'
import { copyEmbeddedDatabase, createTestDatabase } from './postgres.ts'

export const databaseKinds = ['postgres', 'embedded'] as const
export type DatabaseKind = (typeof databaseKinds)[number]

export interface OpenTestDatabase {
  database: Database
  /** Absent for the embedded database. */
  url?: string
  /** Exists for both kinds. */
  dataDir: string
  /** Closes the database and removes everything. */
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
      await database.close()
      await server?.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

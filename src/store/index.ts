/**
 * The store: PostgreSQL, or the embedded database that speaks the same SQL, behind one small interface; the plain SQL
 * migrations that both run; and the queries, grouped by table in `queries/`. All state of the system is in here. Drivers,
 * sockets and files of the database are known in this folder only.
 *
 * The embedded database writes through to the operating system at each commit but never calls fsync: the server may be
 * killed at any moment without losing an acknowledged change, a power failure may lose the last ones. It is one session
 * in one process and refused in production.
 */
export type { Database, Queryable } from './database.ts'
export { makeFolder } from './make-folder.ts'
export { inspectMigrations, type MigrationReport, migrate } from './migrate.ts'
export { type OpenDatabaseOptions, openDatabase } from './open-database.ts'
export * from './queries/index.ts'
export {
  countRefusedLines,
  findOrphanedSpools,
  keepRefusedLine,
  type OrphanedSpool,
  openSpool,
  type Spool,
} from './spool.ts'
export { type WithdrawalRecord, withdrawalRecord } from './withdrawal-record.ts'

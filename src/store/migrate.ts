import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { OwnkeyError } from '../contract/index.ts'
import type { Database, Queryable } from './database.ts'

export interface MigrationReport {
  /** Names of the migrations that this call applied, in order. */
  applied: string[]
}

export interface Migration {
  number: number
  /** `NNNN-name`, the file's name without `.sql`. */
  name: string
  sql: string
}

interface AppliedRow {
  number: number
  name: string
  checksum: string
}

/** Any fixed number will do; nobody else may use it in the same database. */
const advisoryLock = 4_712_001_962_337

/** The migrations that belong to this version of the program. The build copies the folder beside the compiled file. */
export function readMigrations(folder: URL = new URL('./migrations/', import.meta.url)): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(0, -'.sql'.length),
      sql: readFileSync(new URL(file, folder), 'utf8'),
    }))
}

/**
 * Brings the database to this version, one transaction a migration. Several servers may start at once: one works, the
 * others wait for it.
 * @throws OwnkeyError `unavailable` when the database is of a newer version or an applied migration was edited since.
 */
export async function migrate(database: Database, migrations = readMigrations()): Promise<MigrationReport> {
  const applied: string[] = []
  for (;;) {
    const name = await database.transaction((tx) => applyNext(tx, migrations))
    if (name === undefined) return { applied }
    applied.push(name)
  }
}

export interface MigrationState {
  /** How many are in the database; none: it is new. */
  applied: number
  /** Names of those that the next start applies. */
  pending: string[]
  /** Whether the user of the connection may make tables. */
  mayMakeTables: boolean
  /** A standby, or one that was told to take no writes. */
  isReadOnly: boolean
}

/** What `migrate` would find; writes nothing. @throws OwnkeyError `unavailable` as `migrate` does */
export async function inspectMigrations(database: Queryable, migrations = readMigrations()): Promise<MigrationState> {
  const [found] = await database.query<{ has_table: boolean; may: boolean | null; read_only: boolean }>(
    `select to_regclass('schema_migrations') is not null as has_table, has_schema_privilege(current_schema(), 'create') as may,
       current_setting('transaction_read_only') = 'on' as read_only`,
  )
  const known = found?.has_table ? await appliedIn(database) : []
  for (const row of known) checkApplied(row, migrations)
  const pending = migrations.filter(({ number }) => !known.some((row) => row.number === number))
  return {
    applied: known.length,
    pending: pending.map(({ name }) => name),
    mayMakeTables: found?.may === true,
    isReadOnly: found?.read_only === true,
  }
}

function appliedIn(queryable: Queryable): Promise<AppliedRow[]> {
  return queryable.query<AppliedRow>('select number, name, checksum from schema_migrations order by number')
}

async function applyNext(tx: Queryable, migrations: readonly Migration[]): Promise<string | undefined> {
  await tx.query('set local statement_timeout = 0')
  await tx.query('select pg_advisory_xact_lock($1)', [advisoryLock])
  await tx.query(
    `create table if not exists schema_migrations (
       number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`,
  )
  const known = await appliedIn(tx)
  for (const row of known) checkApplied(row, migrations)
  const next = migrations.find(({ number }) => !known.some((row) => row.number === number))
  if (!next) return undefined
  await tx.query(next.sql)
  await tx.query('insert into schema_migrations (number, name, checksum) values ($1, $2, $3)', [
    next.number,
    next.name,
    checksum(next),
  ])
  return next.name
}

function checkApplied(row: AppliedRow, migrations: readonly Migration[]): void {
  const ours = migrations.find(({ number }) => number === row.number)
  if (!ours) {
    throw new OwnkeyError('unavailable', {
      detail: `The database was made by a newer version of Ownkey (migration ${row.name}).`,
      fix: 'Start that version or a newer one, or put back a backup from before the upgrade.',
    })
  }
  if (ours.name === row.name && checksum(ours) === row.checksum) return
  throw new OwnkeyError('unavailable', {
    detail: `Migration ${ours.name} was edited after it was applied to this database as ${row.name}.`,
    fix: 'Put the file back as it was and write a new migration for the change.',
  })
}

function checksum({ sql }: Migration): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex')
}

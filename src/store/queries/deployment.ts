import type { Queryable } from '../database.ts'
import { isReadOnly } from '../database-error.ts'

export interface DeploymentRow {
  master_check: Uint8Array
  audit_key: Uint8Array
}

/** False before the first migration, when there is nothing to read yet. */
export async function hasDeploymentTable(queryable: Queryable): Promise<boolean> {
  const [row] = await queryable.query<{ there: boolean }>("select to_regclass('deployment') is not null as there")
  return row?.there === true
}

export async function getDeployment(queryable: Queryable, lock?: 'for update'): Promise<DeploymentRow | undefined> {
  const [row] = await queryable.query<DeploymentRow>(`select master_check, audit_key from deployment ${lock ?? ''}`)
  return row
}

/**
 * Asks nothing of the tables without which no request is served, and fails where they are gone or may not be read.
 * @throws OwnkeyError `unavailable`
 */
export async function checkTables(queryable: Queryable): Promise<void> {
  await queryable.query('select from organizations, tokens, provider_keys, key_secrets, entries limit 0')
}

/** Writes nothing in a way that fails on a standby, and where the database was told to take no writes. */
export async function takesWrites(queryable: Queryable): Promise<boolean> {
  try {
    await queryable.query('update deployment set audit_key = audit_key where false')
    return true
  } catch (error) {
    if (isReadOnly((error as Error).cause)) return false
    throw error
  }
}

/** Tells this database from all others, for as long as it lives and in every copy of it; undefined: a new one. */
export async function getDatabaseName(queryable: Queryable): Promise<string | undefined> {
  const [row] = await queryable.query<{ name: string }>(
    `select to_char(created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') as name from deployment`,
  )
  return row?.name
}

/** Does nothing when another server was first. */
export async function insertDeployment(tx: Queryable, row: DeploymentRow): Promise<void> {
  await tx.query('insert into deployment (master_check, audit_key) values ($1, $2) on conflict do nothing', [
    row.master_check,
    row.audit_key,
  ])
}

export async function updateDeployment(tx: Queryable, row: DeploymentRow): Promise<void> {
  await tx.query('update deployment set master_check = $1, audit_key = $2', [row.master_check, row.audit_key])
}

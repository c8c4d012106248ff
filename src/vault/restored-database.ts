import { OwnkeyError } from '../contract/index.ts'
import {
  type Database,
  getDatabaseName,
  hasDeploymentTable,
  hasWithdrawals,
  keysInService,
  numbersOfWithdrawals,
  organizationsInService,
  type Queryable,
  tokensInService,
  type WithdrawalRecord,
  type WithdrawalRow,
  withdrawalRecord,
} from '../store/index.ts'

/** Something that was taken out of service and serves in this database. */
export interface CameBack {
  kind: 'key' | 'disabled_key' | 'token' | 'organization'
  id: string
  /** Absent: a token of the platform. */
  org?: string | undefined
  provider?: string | undefined
  environment?: string | undefined
  /** The version of the key that the database has. */
  version?: number | undefined
  /** When it was taken out of service. */
  withdrawnAt: string
}

export interface RestoredReport {
  /** The file that tells. */
  record: string
  /** How much was taken out of service that the database knows nothing of; 0: it is not older than the record. */
  lost: number
  /** When the first and the last of it were. */
  from?: string | undefined
  until?: string | undefined
  cameBack: CameBack[]
}

/** What the record has and the database has not, in order. */
export interface LostWithdrawals {
  record: WithdrawalRecord
  rows: WithdrawalRow[]
}

/** The record that belongs to this database; undefined while the database is new. */
export async function recordOf(queryable: Queryable, folder: string): Promise<WithdrawalRecord | undefined> {
  if (!(await hasDeploymentTable(queryable))) return undefined
  const name = await getDatabaseName(queryable)
  return name === undefined ? undefined : withdrawalRecord({ folder, database: name })
}

/**
 * Proves, without writing, that the database knows of everything that the record outside it says was taken out of service.
 * The record is written after the database and so never ahead of a healthy one.
 * @param deps.folder where the record is
 * @throws OwnkeyError `database_restored`
 */
export async function checkNotRestored({ database, folder }: { database: Queryable; folder: string }): Promise<void> {
  const record = await recordOf(database, folder)
  const last = record?.last()
  if (!record || !last || (await known(database, [last.id])).has(last.id)) return
  throw restoredError(await findLost(database, record))
}

export function restoredError({ record, rows }: LostWithdrawals): OwnkeyError {
  const count = `${rows.length} ${rows.length === 1 ? 'thing was' : 'things were'}`
  return new OwnkeyError('database_restored', {
    detail: `The database was put back to an older state: by ${record.path}, ${count} taken out of service since (keys removed, replaced or disabled, tokens revoked, organizations deleted), the last at ${rows.at(-1)?.at.toISOString()}, and the database knows nothing of it. It is not served.`,
    fix: 'Run "ownkey doctor" to see what came back, then "ownkey database accept", which takes it out of service again; or restore a state that is not older.',
    facts: { lost: rows.length },
  })
}

/** Lists what a restored database brought back into service. Writes nothing. */
export async function compareWithRecord({
  database,
  folder,
}: {
  database: Database
  folder: string
}): Promise<RestoredReport | undefined> {
  const record = await recordOf(database, folder)
  return record && reportOf(database, await findLost(database, record))
}

export async function reportOf(queryable: Queryable, { record, rows }: LostWithdrawals): Promise<RestoredReport> {
  return {
    record: record.path,
    lost: rows.length,
    from: rows[0]?.at.toISOString(),
    until: rows.at(-1)?.at.toISOString(),
    cameBack: [
      ...(await organizationsBack(queryable, rows)),
      ...(await keysBack(queryable, rows)),
      ...(await tokensBack(queryable, rows)),
    ],
  }
}

const batchSize = 5_000

/** Walks the record from its end back to the first withdrawal that the database knows; it knows all before that one. */
export async function findLost(queryable: Queryable, record: WithdrawalRecord): Promise<LostWithdrawals> {
  const all = record.all()
  for (let end = all.length; end > 0; end -= batchSize) {
    const start = Math.max(0, end - batchSize)
    const batch = all.slice(start, end)
    const knows = await known(
      queryable,
      batch.map(({ id }) => id),
    )
    const lastKnown = batch.findLastIndex(({ id }) => knows.has(id))
    if (lastKnown >= 0) return { record, rows: all.slice(start + lastKnown + 1) }
  }
  return { record, rows: all }
}

async function known(queryable: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  return (await hasWithdrawals(queryable)) ? numbersOfWithdrawals(queryable, ids) : new Map()
}

async function organizationsBack(queryable: Queryable, rows: readonly WithdrawalRow[]): Promise<CameBack[]> {
  const deleted = lastByTarget(rows.filter(({ kind }) => kind === 'organization'))
  const there = await organizationsInService(queryable, [...deleted.keys()])
  return there.flatMap(({ id, created_at: createdAt }) => {
    const { at } = deleted.get(id) as WithdrawalRow
    // An organization created after the deletion under the same id is a new one.
    return createdAt > at ? [] : [{ kind: 'organization' as const, id, org: id, withdrawnAt: at.toISOString() }]
  })
}

async function keysBack(queryable: Queryable, rows: readonly WithdrawalRow[]): Promise<CameBack[]> {
  const removed = lastByTarget(rows.filter(({ kind }) => kind === 'key_version'))
  const switched = lastByTarget(rows.filter(({ kind }) => kind === 'key_disabled' || kind === 'key_enabled'))
  const there = await keysInService(queryable, [...new Set([...removed.keys(), ...switched.keys()])])
  return there.flatMap(({ stored_at: storedAt, state, ...key }): CameBack[] => {
    const out = removed.get(key.id)
    // A version stored after that is another secret, which the record knows nothing of.
    if (out && key.version <= (out.version ?? 0) && !(storedAt && storedAt > out.at))
      return [{ kind: 'key', ...key, withdrawnAt: out.at.toISOString() }]
    const last = switched.get(key.id)
    if (last?.kind === 'key_disabled' && last.version === key.version && state === 'active')
      return [{ kind: 'disabled_key', ...key, withdrawnAt: last.at.toISOString() }]
    return []
  })
}

async function tokensBack(queryable: Queryable, rows: readonly WithdrawalRow[]): Promise<CameBack[]> {
  const revoked = lastByTarget(rows.filter(({ kind }) => kind === 'token'))
  const there = await tokensInService(queryable, [...revoked.keys()])
  return there.map(({ id, org }) => ({
    kind: 'token' as const,
    id,
    org: org ?? undefined,
    withdrawnAt: (revoked.get(id) as WithdrawalRow).at.toISOString(),
  }))
}

function lastByTarget(rows: readonly WithdrawalRow[]): Map<string, WithdrawalRow> {
  return new Map(rows.map((row) => [row.target, row]))
}

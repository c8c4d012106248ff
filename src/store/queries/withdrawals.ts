import { randomBase62 } from '../../lib/index.ts'
import type { Queryable } from '../database.ts'
import { changesChannel } from './organizations.ts'

/**
 * Something that must not serve any more. `key_version`: this version of the key and all before it; `key_disabled`, until
 * `key_enabled`: the key as it is; `organization`: with all that it has.
 */
export interface Withdrawal {
  kind: 'key_version' | 'key_disabled' | 'key_enabled' | 'token' | 'organization'
  /** The id of the key, the token or the organization. */
  target: string
  /** Of a key. */
  version?: number | undefined
}

export interface WithdrawalRow {
  /** Counts without gaps, in the order of commits. */
  number: number
  /** Random: tells this withdrawal from one that has its number in another history of the same database. */
  id: string
  at: Date
  kind: Withdrawal['kind']
  target: string
  version: number | null
}

/** Any fixed numbers will do; nobody else may use them in the same database. */
const orderLock = 4_712_001_962_338
const recordLock = 4_712_001_962_339

/** Must come last in a transaction: it takes a lock on which all other withdrawals wait until the transaction ends. */
export async function noteWithdrawal(tx: Queryable, { kind, target, version }: Withdrawal): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [orderLock])
  await tx.query(
    `insert into withdrawals (number, id, kind, target, version)
     select coalesce(max(number), 0) + 1, $1, $2, $3, $4 from withdrawals`,
    [randomBase62(16), kind, target, version ?? null],
  )
}

/** Writes the withdrawals that this database has lost after its own, with their old ids. */
export async function putWithdrawalsBack(tx: Queryable, lost: readonly Omit<WithdrawalRow, 'number'>[]): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [orderLock])
  await tx.query(
    `insert into withdrawals (number, id, at, kind, target, version)
     select (select coalesce(max(number), 0) from withdrawals) + l.place, l.id, l.at, l.kind, l.target, l.version
       from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::integer[]) with ordinality
            as l(id, at, kind, target, version, place)`,
    [
      lost.map(({ id }) => id),
      lost.map(({ at }) => at),
      lost.map(({ kind }) => kind),
      lost.map(({ target }) => target),
      lost.map(({ version }) => version),
    ],
  )
}

/** One process at a time writes the file that keeps them; until the end of the transaction. */
export async function lockRecord(tx: Queryable): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [recordLock])
}

/** False in a database from before there were any. */
export async function hasWithdrawals(queryable: Queryable): Promise<boolean> {
  const [row] = await queryable.query<{ there: boolean }>("select to_regclass('withdrawals') is not null as there")
  return row?.there === true
}

export async function newestWithdrawal(
  queryable: Queryable,
): Promise<Pick<WithdrawalRow, 'number' | 'id'> | undefined> {
  const [row] = await queryable.query<WithdrawalRow>('select number, id from withdrawals order by number desc limit 1')
  return row
}

/** In order. */
export function listWithdrawals(
  queryable: Queryable,
  { after, limit }: { after: number; limit: number },
): Promise<WithdrawalRow[]> {
  return queryable.query<WithdrawalRow>(
    'select number, id, at, kind, target, version from withdrawals where number > $1 order by number limit $2',
    [after, limit],
  )
}

/** The numbers that these have now; those that the database does not know are not among them. */
export async function numbersOfWithdrawals(
  queryable: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await queryable.query<WithdrawalRow>('select id, number from withdrawals where id = any($1::text[])', [
    ids,
  ])
  return new Map(rows.map(({ id, number }) => [id, number]))
}

/** A key with the version that is in service. */
export interface KeyInService {
  id: string
  org: string
  provider: string
  environment: string
  state: 'active' | 'disabled'
  version: number
  /** When the version was stored. */
  stored_at: Date | null
}

export function keysInService(queryable: Queryable, ids: readonly string[]): Promise<KeyInService[]> {
  return queryable.query<KeyInService>(
    `select k.id, k.org_id as org, k.provider, k.environment, k.state, k.version, s.created_at as stored_at
       from provider_keys k left join key_secrets s on s.key_id = k.id and s.version = k.version
      where k.id = any($1::text[]) order by k.org_id, k.id`,
    [ids],
  )
}

export function tokensInService(
  queryable: Queryable,
  ids: readonly string[],
): Promise<{ id: string; org: string | null }[]> {
  return queryable.query(
    'select id, org_id as org from tokens where id = any($1::text[]) and revoked_at is null order by id',
    [ids],
  )
}

export function organizationsInService(
  queryable: Queryable,
  ids: readonly string[],
): Promise<{ id: string; created_at: Date }[]> {
  return queryable.query('select id, created_at from organizations where id = any($1::text[]) order by id', [ids])
}

/** The token as it is known to the audit log; undefined when it is gone or revoked already. Tells every node, at commit. */
export async function revokeTokenInService(tx: Queryable, id: string): Promise<{ org: string | null } | undefined> {
  const [row] = await tx.query<{ org: string | null }>(
    'update tokens set revoked_at = now() where id = $1 and revoked_at is null returning org_id as org',
    [id],
  )
  if (row) await tx.query('select pg_notify($1, $2)', [changesChannel, JSON.stringify({ token: id })])
  return row
}

/** @returns how many were open */
export async function endAllSessions(tx: Queryable): Promise<number> {
  const rows = await tx.query('update sessions set revoked_at = now() where revoked_at is null returning id')
  return rows.length
}

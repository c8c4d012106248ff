import type { Queryable } from '../database.ts'
import { asNumber } from './as-number.ts'

export interface OrganizationRow {
  id: string
  name: string
  plan: string
  add_ons: string[]
  byok_enabled: boolean | null
  locale: string | null
  active_provider: string | null
  /** With what is left of the month's allowance. */
  balance: number
  /** Milliseconds of the month that the allowance is for; null: never granted. */
  allowance_ms: number | null
  allowance_size: number
  allowance_left: number
  /** What was used beyond the balance; the next allowance or grant pays it off. */
  overdrawn: number
  epoch: number
  created_at: Date
  updated_at: Date
}

export interface OrganizationFields {
  name: string
  plan: string
  addOns: readonly string[]
  byokEnabled: boolean | null
  locale: string | null
}

/** The balance and what it is made of, as in `OrganizationRow`. */
export const balanceColumns = `${asNumber('balance + greatest(allowance_size - allowance_spent, 0)')} as balance,
  (extract(epoch from allowance_month) * 1000)::bigint as allowance_ms, allowance_size,
  greatest(allowance_size - allowance_spent, 0) as allowance_left, overdrawn`

const columns = `id, name, plan, add_ons, byok_enabled, locale, active_provider, epoch, created_at, updated_at,
  ${balanceColumns}`

/** The channel on which every change that a snapshot must see is told, as `{"org":"…"}`, with `"deleted":true`, or `{"token":"…"}`. */
export const changesChannel = 'ownkey_changes'

export async function getOrganization(queryable: Queryable, id: string): Promise<OrganizationRow | undefined> {
  const [row] = await queryable.query<OrganizationRow>(`select ${columns} from organizations where id = $1`, [id])
  return row
}

export type LockStrength = 'for key share' | 'for no key update' | 'for update'

/**
 * True when it is there; other changes of it wait until the transaction ends.
 * @param strength by default rows that refer to the organization can be written meanwhile: two transactions that have each written
 *   one and then lock would otherwise wait for each other. `for update`: nothing can, as a deletion needs. `for key share`: nobody
 *   waits but a deletion, as for whoever writes such a row.
 */
export async function lockOrganization(
  tx: Queryable,
  id: string,
  strength: LockStrength = 'for no key update',
): Promise<boolean> {
  const rows = await tx.query(`select id from organizations where id = $1 ${strength}`, [id])
  return rows.length > 0
}

/** Others that would create or replace the same organization wait until the transaction ends, whether it is there or not. */
export async function claimOrganization(tx: Queryable, id: string): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtextextended('ownkey organization ' || $1, 0))", [id])
  await lockOrganization(tx, id)
}

/** Creates the organization or replaces its fields. The caller calls `touchOrganization` in the same transaction. */
export async function upsertOrganization(
  tx: Queryable,
  id: string,
  fields: OrganizationFields,
): Promise<OrganizationRow> {
  const [row] = await tx.query<OrganizationRow>(
    `insert into organizations (id, name, plan, add_ons, byok_enabled, locale) values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set name = excluded.name, plan = excluded.plan, add_ons = excluded.add_ons,
       byok_enabled = excluded.byok_enabled, locale = excluded.locale, updated_at = now()
     returning ${columns}`,
    [id, fields.name, fields.plan, fields.addOns, fields.byokEnabled, fields.locale],
  )
  return row as OrganizationRow
}

/** @param page.after the last id of the page before; absent: from the start. */
export function listOrganizations(
  queryable: Queryable,
  page: { after?: string | undefined; limit: number },
): Promise<OrganizationRow[]> {
  return queryable.query<OrganizationRow>(`select ${columns} from organizations where id > $1 order by id limit $2`, [
    page.after ?? '',
    page.limit,
  ])
}

/**
 * Raises the epoch and tells every node, at commit. To be called in the transaction of every change that a tenant
 * snapshot must see. Answers with the new epoch; undefined when there is no such organization.
 */
export async function touchOrganization(tx: Queryable, id: string): Promise<number | undefined> {
  const [row] = await tx.query<{ epoch: number }>(
    'update organizations set epoch = epoch + 1, updated_at = now() where id = $1 returning epoch',
    [id],
  )
  await tx.query('select pg_notify($1, $2)', [changesChannel, JSON.stringify({ org: id })])
  return row?.epoch
}

/** Tells every node, at commit, to forget an organization and its tokens. */
export async function notifyDeletion(tx: Queryable, id: string): Promise<void> {
  await tx.query('select pg_notify($1, $2)', [changesChannel, JSON.stringify({ org: id, deleted: true })])
}

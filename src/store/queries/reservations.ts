import type { Queryable } from '../database.ts'
import { asNumber } from './as-number.ts'
import { chargeName, claimAgain } from './charges.ts'
import { beyondAllowance, beyondFormer, type OpenedEntry, openedColumns } from './entries.ts'

/** The request began before the month of the allowance. */
const isFormer = 'to_timestamp($3::float8 / 1000) < g.allowance_month'

/**
 * Takes credits when the allowance and the balance cover them: what is left of both. Undefined: they do not.
 * @param startedAt milliseconds; of a request that had to wait over the turn of a month, the former month's allowance is meant
 */
export async function takeCredits(
  tx: Queryable,
  org: string,
  { credits, startedAt }: { credits: number; startedAt: number },
): Promise<number | undefined> {
  const [row] = await tx.query<{ balance: number }>(
    `update organizations g
        set balance = g.balance - case when ${isFormer} then ${beyondFormer('$2::bigint')} else ${beyondAllowance('$2::bigint')} end,
            allowance_former = g.allowance_former + case when ${isFormer} then $2 else 0 end,
            allowance_spent = g.allowance_spent + case when ${isFormer} then 0 else $2 end
      where g.id = $1
        and g.balance + greatest(case when ${isFormer} then -g.allowance_former else g.allowance_size - g.allowance_spent end, 0) >= $2
     returning ${asNumber('g.balance + greatest(g.allowance_size - g.allowance_spent, 0)')} as balance`,
    [org, credits, startedAt],
  )
  return row?.balance
}

/** What is left of the allowance and the balance. */
export async function creditsLeft(queryable: Queryable, org: string): Promise<number> {
  const [row] = await queryable.query<{ balance: number }>(
    `select ${asNumber('balance + greatest(allowance_size - allowance_spent, 0)')} as balance from organizations where id = $1`,
    [org],
  )
  return row?.balance ?? 0
}

export interface QuotaSlot {
  org: string
  meter: string
  per: 'day' | 'month'
  /** Milliseconds. */
  start: number
}

/** Counts one more when the limit allows it. Undefined: it does not. */
export async function takeQuota(tx: Queryable, slot: QuotaSlot, limit: number): Promise<number | undefined> {
  if (limit < 1) return undefined
  const [row] = await tx.query<{ used: number }>(
    `insert into quota_usage as q (org_id, meter, per, period_start, used) values ($1, $2, $3, to_timestamp($4::float8 / 1000), 1)
     on conflict (org_id, meter, per, period_start) do update set used = q.used + 1 where q.used < $5::bigint
     returning used`,
    [slot.org, slot.meter, slot.per, slot.start, limit],
  )
  return row?.used
}

/** True when this entry is the one to charge for the caller's request id; false: it was charged within 24 hours. */
export async function claimRequest(tx: Queryable, entry: OpenedEntry): Promise<boolean> {
  const rows = await tx.query(
    `insert into request_charges as c (org_id, request_id, entry_id) select $1, ${chargeName('$2::text', '$4::text')}, $3
     on conflict (org_id, request_id) do update set entry_id = excluded.entry_id, charged_at = excluded.charged_at
      where ${claimAgain} returning entry_id`,
    [entry.og, entry.rq, entry.id, entry.nm ?? ''],
  )
  return rows.length > 0
}

/** Whether the caller's request id, for the same request, holds a charge: another one would not be charged. */
export async function wasCharged(
  queryable: Queryable,
  { org, requestId, sameRequest }: { org: string; requestId: string; sameRequest: string },
): Promise<boolean> {
  const rows = await queryable.query(
    `select 1 as one from request_charges c
      where c.org_id = $1 and c.request_id = ${chargeName('$2::text', '$3::text')} and not (${claimAgain})`,
    [org, requestId, sameRequest],
  )
  return rows.length > 0
}

/** Writes one reserved entry whose credits and quota were already taken in this transaction. */
export async function insertReserved(tx: Queryable, entry: OpenedEntry, node: string): Promise<void> {
  await tx.query(
    `insert into entries (id, request_id, attempt, org_id, user_id, feature, environment, provider, model, surface, key_source,
       key_id, key_version, host, region, state, fallback_class, credits, meter, meter_per, meter_start, meter_all, started_at, node)
     select id, rq, at, og, us, fe, en, pr, mo, su, ks, ki, kv, ho, re, 'reserved', fc, cr, me, mp, to_timestamp(ms / 1000),
            coalesce(ma, false), to_timestamp(st / 1000), $2
       from json_to_recordset($1::json) as o(${openedColumns})
     on conflict (id) do nothing`,
    [JSON.stringify([entry]), node],
  )
}

export async function entryExists(queryable: Queryable, id: string): Promise<boolean> {
  return (await queryable.query('select 1 as one from entries where id = $1', [id])).length > 0
}

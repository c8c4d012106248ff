import type { Queryable } from '../database.ts'

/** Tells the id of every node that is new, or that was taken for dead. */
export const nodesChannel = 'ownkey_nodes'

const living = "select id from ledger_nodes where seen_at > now() - $2::float8 * interval '1 millisecond'"

/** Says that this node lives, and tells all others when they could not know it. */
export async function keepNodeAlive(queryable: Queryable, node: string, deadAfterMs: number): Promise<void> {
  await queryable.query(
    `with living as (${living}),
     me as (insert into ledger_nodes (id) values ($1) on conflict (id) do update set seen_at = now() returning id)
     select pg_notify($3, id) from me where id not in (select id from living)`,
    [node, deadAfterMs, nodesChannel],
  )
}

/** The number of living nodes, this one among them. */
export async function countNodes(queryable: Queryable, node: string, deadAfterMs: number): Promise<number> {
  const [row] = await queryable.query<{ others: number }>(
    `with living as (${living}) select count(*)::int as others from living where id <> $1`,
    [node, deadAfterMs],
  )
  return (row?.others ?? 0) + 1
}

export async function removeNode(queryable: Queryable, node: string): Promise<void> {
  await queryable.query('delete from ledger_nodes where id = $1', [node])
}

/**
 * Reserved entries whose node has not been seen for a while, oldest first, never those of the node that asks: it lives. A new
 * one has time until its node is heard of again; one from the future was dated by a wrong clock, and would wait until the right
 * one is there.
 */
export async function orphanedEntries(
  queryable: Queryable,
  node: string,
  deadAfterMs: number,
): Promise<{ id: string; started_ms: number }[]> {
  return queryable.query(
    `select e.id, (extract(epoch from e.started_at) * 1000)::bigint as started_ms from entries e
      where e.state = 'reserved' and e.node is distinct from $1
        and not e.started_at between now() - $2::float8 * interval '1 millisecond' and now() + $2::float8 * interval '1 millisecond'
        and not exists (select from ledger_nodes n where n.id = e.node and n.seen_at > now() - $2::float8 * interval '1 millisecond')
      order by e.started_at limit 1000`,
    [node, deadAfterMs],
  )
}

/** What a node left reserved, oldest first. */
export function reservedEntriesOf(queryable: Queryable, node: string): Promise<{ id: string; started_ms: number }[]> {
  return queryable.query(
    `select id, (extract(epoch from started_at) * 1000)::bigint as started_ms from entries
      where state = 'reserved' and node = $1 order by started_at limit 1000`,
    [node],
  )
}

/** Forgets nodes, charged request ids and days of spending that no longer matter. */
export async function sweepBooks(queryable: Queryable): Promise<void> {
  await queryable.query("delete from ledger_nodes where seen_at < now() - interval '1 day'")
  await queryable.query(
    `delete from request_charges where (org_id, request_id) in
       (select org_id, request_id from request_charges where charged_at < now() - interval '24 hours' limit 5000)`,
  )
  await queryable.query("delete from counted_jobs where noted_at < now() - interval '400 days'")
  await queryable.query("delete from request_repeats where noted_at < now() - interval '24 hours'")
  await queryable.query("delete from spend_totals where per = 'day' and period_start < now() - interval '3 days'")
}

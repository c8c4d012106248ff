import type { Database, Queryable } from '../database.ts'
import { byTotal, grownTotals, totalKeys } from './entries.ts'

/** Counts by name. */
export type JobCounts = Readonly<Record<string, number>>

export interface CountedJob {
  org: string
  provider: string
  /** The provider's ids of it. */
  names: readonly string[]
  /** The entry that ordered it, or that tells its counts. */
  entry: string
  /** The entry has no price until another one tells the counts. */
  isOrdered: boolean
}

/** What was known of a job before; the counts are null where all of them are in the books. */
export interface KnownJob {
  counts: JobCounts | null
  /** Entries that ordered it and wait for its counts. */
  orders: string[]
}

/**
 * Notes that an entry is about a job, and what of its counts is in the books from now on.
 * @param grow what that is, by what was there before
 * @param isTold these are all its counts: no order waits for them any more
 */
export async function noteJob(
  database: Database,
  job: CountedJob,
  { grow, isTold }: { grow(counts: JobCounts): JobCounts; isTold: boolean },
): Promise<KnownJob> {
  const { org, provider, names } = job
  if (names.length === 1 && (await insertJob(database, job, grow({})))) return { counts: {}, orders: [] }
  const place = [org, provider, names]
  return database.transaction(async (tx) => {
    await insertJob(tx, job, {})
    const rows = await tx.query<NotedRow>(
      `select entry_id, is_ordered, counts from counted_jobs
        where org_id = $1 and provider = $2 and job = any($3) order by job for update`,
      place,
    )
    const known = knownBy(rows)
    await tx.query(
      `update counted_jobs set counts = $4::jsonb, is_ordered = is_ordered and not $5::boolean
        where org_id = $1 and provider = $2 and job = any($3)`,
      [...place, known.counts === null ? null : JSON.stringify(grow(known.counts)), isTold],
    )
    return known
  })
}

/** Of several names some may be there already. @returns whether any was not */
async function insertJob(
  queryable: Queryable,
  { org, provider, names, entry, isOrdered }: CountedJob,
  counts: JobCounts,
): Promise<boolean> {
  const fresh = await queryable.query(
    `insert into counted_jobs (org_id, provider, job, entry_id, is_ordered, counts)
     select $1, $2, name, $4, $5, $6::jsonb from unnest($3::text[]) as name order by name
     on conflict (org_id, provider, job) do nothing returning 1 as one`,
    [org, provider, names, entry, isOrdered, JSON.stringify(counts)],
  )
  return fresh.length > 0
}

interface NotedRow {
  entry_id: string
  is_ordered: boolean
  counts: JobCounts | null
}

function knownBy(rows: readonly NotedRow[]): KnownJob {
  return {
    counts: rows.some(({ counts }) => counts === null) ? null : mostOf(rows.map(({ counts }) => counts ?? {})),
    orders: rows.filter((row) => row.is_ordered).map((row) => row.entry_id),
  }
}

/** Of several names of one job: what any of them says. */
function mostOf(all: readonly JobCounts[]): JobCounts {
  const most: Record<string, number> = {}
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) most[name] = Math.max(most[name] ?? 0, count)
  return most
}

/** Entries that ordered jobs whose counts now stand elsewhere cost nothing themselves, and are unpriced no more. */
export async function settleOrders(
  database: Database,
  { org, entries, currency }: { org: string; entries: readonly string[]; currency: string },
): Promise<void> {
  await database.query(
    `with priced as (
       update entries set cost_pico = 0, currency = $3, estimated = false
        where org_id = $1 and id = any($2) and state = 'settled' and error_class is null and cost_pico is null
       returning org_id, started_at, user_id, feature, provider, model, surface, key_source, key_id, environment,
                 error_class, null::text as currency),
     totals as (
       insert into usage_totals as t
       select ${totalKeys}, 0, 0, 0, -count(*), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from ${byTotal('priced')}
       ${grownTotals(['unpriced'])})
     select 1`,
    [org, entries, currency],
  )
}

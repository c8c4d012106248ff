import type { Database, Queryable } from '../database.ts'
import { byTotal, grownTotals, totalKeys } from './entries.ts'

/** Counts by name. */
export type JobCounts = Readonly<Record<string, number>>

export interface CountedJob {
  org: string
  provider: string
  /** The one that tells of it. */
  host: string
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
  if (job.names.length === 1 && (await insertJob(database, job, grow({})))) return { counts: {}, orders: [] }
  // Mostly all of it is in the books, and nothing is to be written.
  const seen = await namedRows(database, job)
  if (seen.length === job.names.length && seen.every((row) => isBooked(row, grow))) return knownBy(seen)
  return database.transaction(async (tx) => {
    if (seen.length < job.names.length) await insertJob(tx, job, {})
    const known = knownBy(await namedRows(tx, job, 'for update'))
    await tx.query(
      `update counted_jobs set counts = $5::jsonb, is_ordered = is_ordered and not $6::boolean ${whereNamed}`,
      [...placeOf(job), known.counts === null ? null : JSON.stringify(grow(known.counts)), isTold],
    )
    return known
  })
}

const whereNamed = 'where org_id = $1 and provider = $2 and host = $3 and job = any($4)'
const placeOf = ({ org, provider, host, names }: CountedJob) => [org, provider, host, names]

function namedRows(queryable: Queryable, job: CountedJob, lock: 'for update' | '' = ''): Promise<NotedRow[]> {
  return queryable.query<NotedRow>(
    `select entry_id, is_ordered, counts from counted_jobs ${whereNamed} order by job ${lock}`,
    placeOf(job),
  )
}

/** Nobody waits for the job, and these counts tell nothing new of it. */
function isBooked({ is_ordered: isOrdered, counts }: NotedRow, grow: (counts: JobCounts) => JobCounts): boolean {
  if (isOrdered) return false
  return counts === null || Object.entries(grow(counts)).every(([name, count]) => counts[name] === count)
}

/** Of several names some may be there already. @returns whether any was not */
async function insertJob(
  queryable: Queryable,
  { org, provider, host, names, entry, isOrdered }: CountedJob,
  counts: JobCounts,
): Promise<boolean> {
  const fresh = await queryable.query(
    `insert into counted_jobs (org_id, provider, host, job, entry_id, is_ordered, counts)
     select $1, $2, $3, name, $5, $6, $7::jsonb from unnest($4::text[]) as name order by name
     on conflict (org_id, provider, host, job) do nothing returning 1 as one`,
    [org, provider, host, names, entry, isOrdered, JSON.stringify(counts)],
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

import type { Database, Queryable } from '../database.ts'
import { byTotal, grownTotals, totalKeys } from './entries.ts'

/** Counts by name. */
export type JobCounts = Readonly<Record<string, number>>

export interface JobPlace {
  org: string
  provider: string
  /** The one that tells of it. */
  host: string
  /** The provider's ids of it. */
  names: readonly string[]
}

export interface CountedJob extends JobPlace {
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

/** How a job is noted. */
export interface JobNote {
  /** What of its counts is in the books from now on, by what was there before. */
  grow(counts: JobCounts): JobCounts
  /** Writes what is new, together with the note: a process that is killed in between has done neither. */
  book(tx: Queryable, known: KnownJob): Promise<void>
}

/** Notes that an entry is about a job, and what of its counts is in the books from now on. */
export async function noteJob(database: Database, job: CountedJob, { grow, book }: JobNote): Promise<KnownJob> {
  const isNew = Object.values(grow({})).some((count) => count > 0)
  if (!isNew && job.names.length === 1 && (await insertJob(database, job))) return { counts: {}, orders: [] }
  // Mostly all of it is in the books, and nothing is to be written.
  const seen = await namedRows(database, job)
  if (seen.length === job.names.length && seen.every((row) => isBooked(row, grow))) return knownBy(seen)
  return database.transaction(async (tx) => {
    if (seen.length < job.names.length) await insertJob(tx, job)
    const known = knownBy(await namedRows(tx, job, 'for update'))
    const counts = known.counts === null ? null : JSON.stringify(grow(known.counts))
    await tx.query(`update counted_jobs set counts = $5::jsonb ${whereNamed}`, [...placeOf(job), counts])
    await book(tx, known)
    return known
  })
}

const whereNamed = 'where org_id = $1 and provider = $2 and host = $3 and job = any($4)'
const placeOf = ({ org, provider, host, names }: JobPlace) => [org, provider, host, names]

function namedRows(queryable: Queryable, job: CountedJob, lock: 'for update' | '' = ''): Promise<NotedRow[]> {
  return queryable.query<NotedRow>(
    `select entry_id, is_ordered, counts from counted_jobs ${whereNamed} order by job ${lock}`,
    placeOf(job),
  )
}

/** These counts tell nothing new of the job. */
function isBooked({ counts }: NotedRow, grow: JobNote['grow']): boolean {
  return counts === null || Object.entries(grow(counts)).every(([name, count]) => counts[name] === count)
}

/** Of several names some may be there already. @returns whether any was not */
async function insertJob(
  queryable: Queryable,
  { org, provider, host, names, entry, isOrdered }: CountedJob,
): Promise<boolean> {
  const fresh = await queryable.query(
    `insert into counted_jobs (org_id, provider, host, job, entry_id, is_ordered, counts)
     select $1, $2, $3, name, $5, $6, '{}' from unnest($4::text[]) as name order by name
     on conflict (org_id, provider, host, job) do nothing returning 1 as one`,
    [org, provider, host, names, entry, isOrdered],
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

/**
 * Entries that ordered a job whose counts now stand elsewhere cost nothing themselves, and are unpriced no more. Then none waits for
 * the job: until this is done, every answer that tells its counts tries again.
 */
export async function settleOrders(
  database: Database,
  { job, entries, currency }: { job: JobPlace; entries: readonly string[]; currency: string },
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
    [job.org, entries, currency],
  )
  await database.query(`update counted_jobs set is_ordered = false ${whereNamed}`, placeOf(job))
}

import { within } from '../lib/index.ts'
import { type Database, type KnownJob, noteJob, settleOrders, writeEntries } from '../store/index.ts'
import type { Cost } from './cost-of.ts'
import { beyond, type JobPart, mostOf, usageOf } from './job-parts.ts'
import type { JobTold } from './job-scanner.ts'
import type { Entry, EntryEnd } from './ledger.ts'
import type { Sale } from './prices.ts'

/** An answer about a job, as it is settled. */
export interface JobAnswer extends JobTold {
  org: string
  provider: string
  /** The one that told it: what another tells says nothing of this job. */
  host: string
  /** The request ordered the job: unless the answer tells its counts, it has no price until they are told. */
  isOrder: boolean
  /** The provider told these counts, and the answer came to its end. */
  isWhole: boolean
}

/** Sees to it that what a job counts is booked once, on whichever node and however often its result is fetched. */
export interface JobCounter {
  /**
   * Settles the entry of an answer about a job: with what it tells beyond what is in the books already, or, if that is nothing,
   * without counts.
   */
  settle(entry: Entry, end: EntryEnd, job: JobAnswer): void
  /** Resolves when every entry that was given to `settle` before the call is settled. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface JobCounterOptions {
  database: Database
  price: (sale: Sale) => Cost | undefined
  /** Resolves when the entries that were settled before are in the database. */
  flush(): Promise<void>
}

/**
 * The database is asked when a job is ordered or its counts are there, which is seldom, and beside the answer. Where it cannot be
 * asked, the counts stand: better twice than never.
 */
export function createJobCounter(options: JobCounterOptions): JobCounter {
  /** What is under way, by the job that it is about. */
  const latest = new Map<string, Promise<void>>()
  const flush = async () => void (await Promise.all(latest.values()))
  return {
    settle(entry, end, job) {
      const keys = keysOf(job)
      // In the order in which the answers ended: what made a job tells its terms, which who fetches it may not be told.
      const before = Promise.all(keys.map((key) => latest.get(key)))
      const asked = before
        .then(() => settleJob(entry, { end, job }, options))
        .finally(() => {
          for (const key of keys) if (latest.get(key) === asked) latest.delete(key)
        })
      for (const key of keys) latest.set(key, asked)
    },
    flush,
    close: flush,
  }
}

function keysOf({ org, provider, host, names }: JobAnswer): string[] {
  return names.map((name) => JSON.stringify([org, provider, host, name]))
}

interface Told {
  end: EntryEnd
  job: JobAnswer
}

async function settleJob(entry: Entry, told: Told, options: JobCounterOptions): Promise<void> {
  const { end, job } = told
  const known = await note(entry, told, options).catch(() => undefined)
  if (known === undefined) {
    entry.settle(job.parts.length > 0 ? withCounts(end, job.parts) : end)
    return
  }
  entry.settle(endBy(known, told))
  if (isTold(job) && known.orders.length > 0) await settleOrdersOf(job, known.orders, options).catch(() => {})
}

const patienceMs = 1_000

/** What is new is written into the entry together with the note, so that a process that is killed here does not lose it. */
async function note(entry: Entry, told: Told, { database, flush }: JobCounterOptions): Promise<KnownJob> {
  const { org, provider, host, names, parts, isOrder } = told.job
  // The entry may have begun a moment ago.
  if (parts.length > 0) await within(patienceMs, flush())
  return noteJob(
    database,
    { org, provider, host, names, entry: entry.id, isOrdered: isOrder && parts.length === 0 },
    {
      grow: (counted) => ({ ...mostOf(counted, parts) }),
      async book(tx, known) {
        const ended = `[${entry.ending(endBy(known, told))}]`
        await writeEntries(tx, { opened: '[]', ended, node: '', charging: false })
      },
    },
  )
}

/** @param known what was known of the job before */
function endBy({ counts }: KnownJob, { end, job: { parts } }: Told): EntryEnd {
  const more = counts === null ? [] : beyond(counts, parts)
  if (more.length > 0) return withCounts(end, more)
  const isCounted = counts === null || Object.values(counts).some((count) => count > 0)
  return parts.length > 0 || isCounted ? withoutCounts(end) : end
}

const isTold = ({ isWhole, parts }: JobAnswer): boolean => isWhole && parts.length > 0

function withCounts(end: EntryEnd, parts: readonly JobPart[]): EntryEnd {
  const told = usageOf(parts)
  return { ...end, usage: told?.usage, model: told?.model ?? end.model }
}

function withoutCounts(end: EntryEnd): EntryEnd {
  return { ...end, usage: undefined, isFree: true, estimated: false }
}

/** Their entries may have been settled a moment ago. */
async function settleOrdersOf(
  job: JobAnswer,
  entries: readonly string[],
  { database, price, flush }: JobCounterOptions,
): Promise<void> {
  await flush()
  const free = price({ provider: job.provider, usage: {}, isFree: true, at: Date.now() })
  if (free !== undefined) await settleOrders(database, { job, entries, currency: free.currency })
}

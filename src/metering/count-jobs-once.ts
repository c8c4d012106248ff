import { type CountedJob, type Database, noteCountedJob } from '../store/index.ts'
import type { Entry, EntryEnd } from './ledger.ts'

/** Sees to it that a job's result is counted once, on whichever node and however often it is fetched. */
export interface JobCounter {
  /** Settles the entry of an answer that told a job's result: with its counts, or, if they are in the books, without. */
  settle(entry: Entry, end: EntryEnd, job: Omit<CountedJob, 'entry'>): void
  /** Resolves when every entry that was given to `settle` before the call is settled. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * The database is asked when a job's counts are there, which is seldom, and beside the answer. Where it cannot be asked, the counts
 * stand: better twice than never.
 */
export function createJobCounter(database: Database): JobCounter {
  const pending = new Set<Promise<void>>()
  const flush = async () => void (await Promise.all(pending))
  return {
    settle(entry, end, job) {
      const asked = noteCountedJob(database, { ...job, entry: entry.id })
        .catch(() => true)
        .then((isCountedHere) => entry.settle(isCountedHere ? end : { ...end, usage: undefined, isFree: true }))
        .finally(() => pending.delete(asked))
      pending.add(asked)
    },
    flush,
    close: flush,
  }
}

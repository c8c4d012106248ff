import type { ControlOptions } from '../control/index.ts'
import { within } from '../lib/index.ts'
import type { JobCounter, LiveLedger } from '../metering/index.ts'
import type { LiveTenants } from '../tenants/index.ts'
import type { AttemptNotes } from './attempt-notes.ts'
import type { AttemptNotices } from './attempt-notices.ts'

/** Longest wait. If the database is away, the query that follows will say so. */
const patienceMs = 1_000

interface Parts {
  ledger: Pick<LiveLedger, 'flush'>
  jobs: Pick<JobCounter, 'flush'>
  tenants: Pick<LiveTenants, 'forget'>
  notes: Pick<AttemptNotes, 'flush'>
  notices: Pick<AttemptNotices, 'flush'>
}

/**
 * Lets a reader see the requests that were answered before it asked: entries, key statuses and notices are written in
 * batches beside the requests, and snapshots know balances and quotas only since they were read.
 */
export function createCatchUp({ ledger, jobs, tenants, notes, notices }: Parts): ControlOptions['catchUp'] {
  return async (org) => {
    await within(patienceMs, Promise.all([jobs.flush().then(() => ledger.flush()), notes.flush(org), notices.flush()]))
    // Always: the database may be newer than the snapshot, by what this node or another has written.
    if (org !== undefined) tenants.forget(org)
  }
}

import type { ControlOptions } from '../control/index.ts'
import { within } from '../lib/index.ts'
import type { LiveLedger } from '../metering/index.ts'
import type { LiveTenants } from '../tenants/index.ts'
import type { AttemptNotes } from './attempt-notes.ts'
import type { AttemptNotices } from './attempt-notices.ts'

/** Longer nobody waits: a database that is away is told by the query that follows. */
const patienceMs = 1_000

interface Parts {
  ledger: Pick<LiveLedger, 'flush'>
  tenants: Pick<LiveTenants, 'forget'>
  notes: Pick<AttemptNotes, 'flush'>
  notices: Pick<AttemptNotices, 'flush'>
}

/**
 * Lets a reader see the requests that were answered before it asked: entries, key statuses and notices are written in
 * batches beside the requests, and snapshots know balances and quotas only since they were read.
 */
export function createCatchUp({ ledger, tenants, notes, notices }: Parts): ControlOptions['catchUp'] {
  return async (org) => {
    await within(patienceMs, Promise.all([ledger.flush(), notes.flush(), notices.flush()]))
    // Always: what was written before this question came, here or on another node, may be newer than the snapshot too.
    if (org !== undefined) tenants.forget(org)
  }
}

import { OwnkeyError } from '../contract/index.ts'
import { periodEnd } from '../lib/index.ts'
import {
  claimRequest,
  creditsLeft,
  type Database,
  entryExists,
  insertReserved,
  noteRepeat,
  type OpenedEntry,
  type Queryable,
  takeCredits,
  takeQuota,
} from '../store/index.ts'
import type { Standing } from './ledger.ts'

export interface Reservations {
  /**
   * Takes credits and quota and writes the reserved entry, in one transaction.
   * @throws OwnkeyError `credits_exhausted`, `quota_exceeded`, `unavailable`
   */
  take(row: OpenedEntry, standing: Standing): Promise<void>
}

interface Waiting {
  row: OpenedEntry
  /** Absent: the meter is counted without a limit. */
  limit: number | undefined
  done: () => void
  failed: (error: unknown) => void
}

/** Organizations that may use a connection for reservations at the same time; the pool has other work, too. */
const atOnce = 4
const tries = 4

/**
 * Reservations near a limit: one after the other for each organization, and the organizations in turn, so that a crowd neither
 * fights for one row nor takes all connections. When the database refuses credits, those who were already waiting and ask for as much are
 * refused with it.
 */
export function createReservations({ database, node }: { database: Database; node: string }): Reservations {
  /** Those who wait, by organization; each of these is in `ready`, or being served. */
  const queues = new Map<string, Waiting[]>()
  const ready: string[] = []
  let working = 0

  function next(): void {
    while (working < atOnce) {
      const org = ready.shift()
      if (org === undefined) return
      working++
      void serve(org).finally(() => {
        working--
        next()
      })
    }
  }

  async function serve(org: string): Promise<void> {
    const queue = queues.get(org) as Waiting[]
    const first = queue.shift() as Waiting
    try {
      await takeWithRetries(database, first, node)
      first.done()
    } catch (error) {
      first.failed(error)
      if (isCode(error, 'credits_exhausted')) refuseLikeIt(queue, first.row.cr, error)
    }
    // Behind the others: a crowd that never ends would keep them waiting for ever.
    if (queue.length > 0) ready.push(org)
    else queues.delete(org)
  }

  return {
    take(row, standing) {
      return new Promise((done, failed) => {
        const waiting = { row, limit: standing.quota?.limit, done, failed }
        const queue = queues.get(row.og)
        if (queue) queue.push(waiting)
        else {
          queues.set(row.og, [waiting])
          ready.push(row.og)
          next()
        }
      })
    },
  }
}

function refuseLikeIt(queue: Waiting[], credits: number, error: unknown): void {
  const others = queue.splice(0)
  for (const waiting of others) {
    // A request id that the caller chose may have been charged already, and then costs nothing.
    if (waiting.row.cr >= credits && waiting.row.nm === undefined) waiting.failed(error)
    else queue.push(waiting)
  }
}

async function takeWithRetries(database: Database, { row, limit }: Waiting, node: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction((tx) => takeOnce(tx, { row, limit, node }))
    } catch (error) {
      if (error instanceof OwnkeyError && error.code !== 'unavailable') throw error
      // The connection may have been lost after the commit: then the entry is there, and nothing is to be done again.
      if (await entryExists(database, row.id).catch(() => false)) return
      if (attempt >= tries || !isConflict(error)) throw error
    }
  }
}

async function takeOnce(
  tx: Queryable,
  { row, limit, node }: { row: OpenedEntry; limit: number | undefined; node: string },
): Promise<void> {
  if (row.nm !== undefined && !(await claimRequest(tx, row))) {
    await noteRepeat(tx, row)
    return insertReserved(tx, { ...row, cr: 0, me: undefined, mp: undefined, ms: undefined }, node)
  }
  if (row.cr > 0 && (await takeCredits(tx, row.og, { credits: row.cr, startedAt: row.st })) === undefined)
    throw creditsExhausted(row, await creditsLeft(tx, row.og))
  if (row.me !== undefined && row.mp !== undefined && row.ms !== undefined) {
    const slot = { org: row.og, meter: row.me, per: row.mp, start: row.ms }
    const most = limit ?? Number.MAX_SAFE_INTEGER
    if ((await takeQuota(tx, slot, most)) === undefined) throw quotaExceeded(row, most)
  }
  await insertReserved(tx, row, node)
}

function creditsExhausted(row: OpenedEntry, balance: number): OwnkeyError {
  return new OwnkeyError('credits_exhausted', { facts: { credits: row.cr, balance } })
}

function quotaExceeded(row: OpenedEntry, limit: number): OwnkeyError {
  const resetsAt = periodEnd(row.mp ?? 'month', row.st)
  return new OwnkeyError('quota_exceeded', {
    facts: { meter: row.me ?? '', limit, resetsAt: new Date(resetsAt).toISOString() },
    retryAfterSeconds: Math.max(1, Math.ceil((resetsAt - row.st) / 1000)),
  })
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof OwnkeyError && error.code === code
}

/** A deadlock or a conflict of transactions: the database asks to try again. */
function isConflict(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === '40P01' || code === '40001'
}

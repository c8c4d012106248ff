import { type Clock, createIdMaker, systemClock, within } from '../lib/index.ts'
import {
  type Database,
  findOrphanedSpools,
  type OverdrawnRow,
  openSpool,
  removeNode,
  wasCharged,
  writeBooks,
} from '../store/index.ts'
import { createCapRoom, type Hold } from './cap-room.ts'
import type { Cost } from './cost-of.ts'
import { createShelf } from './create-shelf.ts'
import type { Entry, EntryStart, Ledger, Standing } from './ledger.ts'
import { createLimitGuard } from './limit-guard.ts'
import { type Book, openEntry, reserveEntry, settledBefore } from './open-entry.ts'
import type { Sale } from './prices.ts'
import { replaySpool } from './replay-spool.ts'
import { createReservations } from './reservations.ts'
import { createReturns } from './returns.ts'
import { startSweeping, sweepOrphans } from './sweep.ts'
import { watchNodes } from './watch-nodes.ts'
import { createWriteQueue, type WriteQueue } from './write-queue.ts'

/** Something the operator must know. `retrying` passes by itself; what is `set_aside` is tried again at the next start. */
export type LedgerTrouble =
  | { kind: 'retrying' | 'lost' | 'set_aside' | 'kept_in_spool' | 'spool_unwritable'; entries: number; error?: unknown }
  | { kind: 'overdrawn'; org: string; credits: number }

export interface LedgerOptions {
  database: Database
  clock?: Clock | undefined
  /** Folder for lines that must survive kill −9 until the database has them; absent: they are in memory only. */
  spoolDir?: string | undefined
  price?: ((sale: Sale) => Cost | undefined) | undefined
  onTrouble?: ((trouble: LedgerTrouble) => void) | undefined
  /** Milliseconds that lines gather before they are written together. Default 20. */
  gatherMs?: number | undefined
  /** Lines that may wait for the database; beyond it new requests are refused. Default 200 000. */
  maxWaiting?: number | undefined
  /** Milliseconds after which a node that says nothing is dead. Default 45 000. */
  deadAfterMs?: number | undefined
  /** Milliseconds that `close` goes on trying to write. Default 10 000. */
  closeWithinMs?: number | undefined
  /** Milliseconds that an attempt waits at most for room under its spend caps. Default 60 000. */
  waitForRoomMs?: number | undefined
}

export interface LiveLedger extends Ledger {
  /** This process in `ledger_nodes`; changes with every start. */
  readonly node: string
  /** Lines that are not in the database yet. */
  readonly waiting: number
  /** The database has been taking no lines for too long to hope that it passes at once. */
  readonly isBehind: boolean
  /** Attempts that wait for room under their spend caps. */
  readonly waitingForRoom: number
  /** Resolves when what a killed process left in the spool is in the database. */
  readonly replayed: Promise<void>
  /** Resolves when it is known how many nodes share the limits, which none of them may spend alone; or could not be asked. */
  readonly counted: Promise<void>
  /** Settles what dead nodes left reserved; happens by itself as well. Answers with the number of entries. */
  sweep(): Promise<number>
}

const batchSize = 1_000
const failingTooLongMs = 2_000

/** The ledger on a database. One for each process. */
export function createLedger(options: LedgerOptions): LiveLedger {
  const { database, clock = systemClock, onTrouble = () => {}, deadAfterMs = 45_000 } = options
  const newId = createIdMaker(clock.now)
  const node = newId()
  const spoolFailed = (error: unknown) => onTrouble({ kind: 'spool_unwritable', entries: queue.waiting, error })
  const orphans = options.spoolDir === undefined ? [] : findOrphanedSpools(options.spoolDir)
  const spool =
    options.spoolDir === undefined ? undefined : openSpool({ folder: options.spoolDir, node, onError: spoolFailed })
  const guard = createLimitGuard(clock)
  const noteOverdrawn = (rows: readonly OverdrawnRow[]) => {
    for (const row of rows) onTrouble({ kind: 'overdrawn', org: row.org_id, credits: row.overdrawn })
  }
  const writing = {
    node,
    clock,
    onRetry: (entries: number, error: unknown) => onTrouble({ kind: 'retrying', entries, error }),
    setAside: createShelf({ folder: options.spoolDir, onTrouble }),
  }
  const queue = createWriteQueue({
    ...writing,
    write: async (batch) => noteOverdrawn(await writeBooks(database, batch)),
    spool,
    gatherMs: options.gatherMs ?? 20,
    batchSize,
  })
  const reservations = createReservations({ database, node })
  const replayed = replaySpool({ ...writing, database, orphans })
  const { price, maxWaiting = 200_000 } = options
  const room = createCapRoom({ clock, price, waitMs: options.waitForRoomMs ?? 60_000 })
  const onNodes = (count: number) => {
    guard.setNodes(count)
    room.setNodes(count)
  }
  const nodes = watchNodes({ database, node, deadAfterMs, onNodes })
  const counted = nodes.beat().catch(() => {})
  const sweeping = startSweeping({ database, node, deadAfterMs, nodes, replayed })
  const returns = createReturns(() => clock.monotonic())
  const book: Book = { clock, newId, queue, returns, price, maxWaiting }

  const isBehind = () => queue.failingSince !== undefined && clock.monotonic() - queue.failingSince > failingTooLongMs

  function takeLimits(start: EntryStart, standing: Standing, hold?: Hold): Entry | Promise<Entry> {
    if (start.credits === 0 && start.meter === undefined) return openEntry(book, start, hold)
    if (!isBehind() && guard.isFar(start, standing)) return openEntry(book, start, hold)
    return reserveEntry(book, { start, hold }, (row) => reservations.take(row, standing))
  }

  return {
    node,
    get waiting() {
      return queue.waiting
    },
    get isBehind() {
      return isBehind()
    },
    get waitingForRoom() {
      return room.waiting
    },
    replayed,
    counted,
    open: (start) => openEntry(book, start),
    reserve(start, standing) {
      if (standing.caps === undefined || standing.caps.length === 0) return takeLimits(start, standing)
      const held = room.take(start, standing)
      const go = (hold: Hold) => keepOrGiveBack(hold, () => takeLimits(start, hold.standing, hold))
      return held instanceof Promise ? held.then(go) : go(held)
    },
    beforeSending(then) {
      if (spool === undefined) then()
      else spool.whenWritten(then)
    },
    async wasCharged(request) {
      // The one before may have been answered a moment ago.
      await settledBefore(queue)
      return wasCharged(database, request)
    },
    hasReturned: returns.since,
    flush: () => queue.flush(),
    sweep: () => sweepOrphans({ database, node, deadAfterMs }),
    async close() {
      room.close()
      await sweeping.stop()
      await nodes.stop()
      const left = await closeQueue(queue, options.closeWithinMs ?? 10_000)
      spool?.close(left > 0)
      if (left > 0) onTrouble({ kind: spool ? 'kept_in_spool' : 'lost', entries: left })
      else await removeNode(database, node).catch(() => {})
    },
  }
}

/** An attempt that cannot be reserved holds nothing. */
function keepOrGiveBack(hold: Hold, take: () => Entry | Promise<Entry>): Entry | Promise<Entry> {
  const giveBack = (error: unknown): never => {
    hold.end(undefined)
    throw error
  }
  try {
    const entry = take()
    return entry instanceof Promise ? entry.catch(giveBack) : entry
  } catch (error) {
    return giveBack(error)
  }
}

async function closeQueue(queue: WriteQueue, withinMs: number): Promise<number> {
  await within(withinMs, queue.flush())
  return queue.stop()
}

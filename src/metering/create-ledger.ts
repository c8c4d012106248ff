import { OwnkeyError } from '../contract/index.ts'
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
import { endedRow, openedRow } from './entry-rows.ts'
import { endedText, openedText } from './entry-text.ts'
import type { Entry, EntryEnd, EntryStart, Ledger, Standing } from './ledger.ts'
import { createLimitGuard } from './limit-guard.ts'
import type { Cost, Sale } from './prices.ts'
import { replaySpool } from './replay-spool.ts'
import { createReservations } from './reservations.ts'
import { createReturns, type Returns } from './returns.ts'
import { capReached, createSpendWatch, type SpendWatch } from './spend-watch.ts'
import { startSweeping, sweepOrphans } from './sweep.ts'
import { watchNodes } from './watch-nodes.ts'
import { createWriteQueue, type WriteQueue } from './write-queue.ts'

/** Something the operator must know. `retrying` passes by itself; `lost` and `overdrawn` do not. */
export type LedgerTrouble =
  | { kind: 'retrying' | 'lost' | 'kept_in_spool' | 'spool_unwritable'; entries: number; error?: unknown }
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
}

export interface LiveLedger extends Ledger {
  /** This process in `ledger_nodes`; changes with every start. */
  readonly node: string
  /** Lines that are not in the database yet. */
  readonly waiting: number
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
  const queue = createWriteQueue({
    node,
    clock,
    write: async (batch) => noteOverdrawn(await writeBooks(database, batch)),
    spool,
    onTrouble,
    gatherMs: options.gatherMs ?? 20,
    batchSize,
  })
  const reservations = createReservations({ database, node })
  const replayed = replaySpool({ database, node, orphans, onTrouble })
  const nodes = watchNodes({ database, node, deadAfterMs, onNodes: guard.setNodes })
  const counted = nodes.beat().catch(() => {})
  const sweeping = startSweeping({ database, node, deadAfterMs, nodes, replayed })
  const watch = createSpendWatch(clock)
  const returns = createReturns(() => clock.monotonic())
  const { price, maxWaiting = 200_000 } = options
  const book: Book = { clock, newId, queue, watch, returns, price, maxWaiting }

  return {
    node,
    get waiting() {
      return queue.waiting
    },
    replayed,
    counted,
    open: (start) => openEntry(book, start),
    reserve(start, standing) {
      checkCaps(book, start, standing)
      if (start.credits === 0 && start.meter === undefined) return openEntry(book, start, standing)
      const behind = queue.failingSince !== undefined && clock.monotonic() - queue.failingSince > failingTooLongMs
      if (!behind && guard.isFar(start, standing)) return openEntry(book, start, standing)
      return reserveEntry(book, { start, standing }, (row) => reservations.take(row, standing))
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
      await sweeping.stop()
      await nodes.stop()
      const left = await closeQueue(queue, options.closeWithinMs ?? 10_000)
      spool?.close(left > 0)
      if (left > 0) onTrouble({ kind: spool ? 'kept_in_spool' : 'lost', entries: left })
      else await removeNode(database, node).catch(() => {})
    },
  }
}

/** What opening and settling an entry needs. */
interface Book {
  clock: Clock
  newId(): string
  queue: WriteQueue
  watch: SpendWatch
  returns: Returns
  price: ((sale: Sale) => Cost | undefined) | undefined
  maxWaiting: number
}

/** What the snapshot knows to be spent and what this process has spent since, together. */
function checkCaps({ watch, clock }: Book, { org }: EntryStart, { caps, spentAsOf = 0 }: Standing): void {
  for (const cap of caps ?? []) {
    if (cap.spentPico + watch.since(org, cap, spentAsOf) < cap.limitPico) continue
    throw capReached(cap, clock.now())
  }
}

function openEntry(book: Book, start: EntryStart, standing?: Standing): Entry {
  if (book.queue.waiting >= book.maxWaiting) throw tooMuchWaiting()
  const id = book.newId()
  const charging = start.credits > 0 || start.meter !== undefined
  const batch = book.queue.pushOpened({ json: openedText(id, start), charging })
  return createEntry(book, start, { id, charging, batch, capped: isCapped(standing) })
}

function isCapped(standing: Standing | undefined): boolean {
  return (standing?.caps?.length ?? 0) > 0
}

async function reserveEntry(
  book: Book,
  { start, standing }: { start: EntryStart; standing: Standing },
  take: (row: ReturnType<typeof openedRow>) => Promise<void>,
): Promise<Entry> {
  const row = openedRow(book.newId(), start)
  const parts: EntryParts = { id: row.id, charging: true, batch: undefined, capped: isCapped(standing) }
  // A try after a failed one asks for the same request id: the end of that one must be there, or this would be free.
  if (start.attempt > 1 && start.namedByCaller) await settledBefore(book.queue)
  try {
    await take(row)
  } catch (error) {
    // Nobody knows whether the transaction was committed: should the entry be there, it is released.
    if (isUncertain(error)) createEntry(book, start, parts).settle({ durationMs: 0, charged: false })
    throw error
  }
  return createEntry(book, start, parts)
}

interface EntryParts {
  id: string
  charging: boolean
  /** The batch that it begins in; absent when it is in the database. */
  batch: number | undefined
  /** Some spend cap counts it. */
  capped: boolean
}

function createEntry(book: Book, start: EntryStart, { id, charging, batch, capped }: EntryParts): Entry {
  let settled = false
  return {
    id,
    settle(end) {
      if (settled) return
      settled = true
      const endedAt = book.clock.now()
      const cost = priceOf(book, start, end)
      const onWritten = capped && cost ? book.watch.note(start, cost) : undefined
      const json = endedText(endedRow(id, end, { endedAt, cost }))
      book.queue.pushEnded({ json, charging, isNamed: start.namedByCaller === true, batch, onWritten })
      if (charging && !end.charged) book.returns.note(start.org)
    },
  }
}

function priceOf({ price }: Book, start: EntryStart, end: EntryEnd): Cost | undefined {
  if (!price || !end.usage || !end.charged) return undefined
  return price({ provider: start.provider, model: end.model ?? start.model, usage: end.usage, at: start.startedAt })
}

const patienceMs = 1_000

/** Lets what was settled so far be written; a database that is away is told by the reservation itself. */
async function settledBefore(queue: WriteQueue): Promise<void> {
  await within(patienceMs, queue.flush())
}

async function closeQueue(queue: WriteQueue, withinMs: number): Promise<number> {
  await within(withinMs, queue.flush())
  return queue.stop()
}

function isUncertain(error: unknown): boolean {
  return !(error instanceof OwnkeyError) || error.code === 'unavailable'
}

function tooMuchWaiting(): OwnkeyError {
  return new OwnkeyError('unavailable', { detail: 'Too many entries wait for the database.', retryAfterSeconds: 2 })
}

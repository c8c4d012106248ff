import { OwnkeyError } from '../contract/index.ts'
import { type Clock, within } from '../lib/index.ts'
import type { Usage } from '../providers/index.ts'
import type { Hold } from './cap-room.ts'
import type { Cost } from './cost-of.ts'
import { endedRow, openedRow } from './entry-rows.ts'
import { endedText, openedText } from './entry-text.ts'
import type { Entry, EntryEnd, EntryStart } from './ledger.ts'
import type { Sale } from './prices.ts'
import type { Returns } from './returns.ts'
import type { WriteQueue } from './write-queue.ts'

/** What opening and settling an entry needs. */
export interface Book {
  clock: Clock
  newId(): string
  queue: WriteQueue
  returns: Returns
  price: ((sale: Sale) => Cost | undefined) | undefined
  maxWaiting: number
}

/** @throws OwnkeyError `unavailable` when too much is waiting for the database */
export function openEntry(book: Book, start: EntryStart, hold?: Hold): Entry {
  if (book.queue.waiting >= book.maxWaiting) throw tooMuchWaiting()
  const id = book.newId()
  const charging = start.credits > 0 || start.meter !== undefined
  const batch = book.queue.pushOpened({ json: openedText(id, start), charging })
  return createEntry(book, start, { id, charging, batch, hold })
}

/** An entry that the database lets be. @throws whatever `take` throws */
export async function reserveEntry(
  book: Book,
  { start, hold }: { start: EntryStart; hold: Hold | undefined },
  take: (row: ReturnType<typeof openedRow>) => Promise<void>,
): Promise<Entry> {
  const row = openedRow(book.newId(), start)
  const parts: EntryParts = { id: row.id, charging: true, batch: undefined, hold }
  // What a failed attempt held is given back with its end, and may be just what this one needs. Where both are of one request that
  // the caller named, this would be free without it.
  if (start.attempt > 1 || book.returns.areUnwritten(start.org)) await settledBefore(book.queue)
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
  /** Its room, where some spend cap counts it. */
  hold: Hold | undefined
}

function createEntry(book: Book, start: EntryStart, { id, charging, batch, hold }: EntryParts): Entry {
  let settled = false
  return {
    id,
    ending: (end) => endingText(book, { id, end, cost: priceOf(book, start, end) }),
    soFar: hold === undefined ? nothingHeld : (usage, model) => growHold(book, hold, { start, usage, model }),
    capReached: (standing) => hold?.reached(standing),
    settle(end) {
      if (settled) return
      settled = true
      const cost = priceOf(book, start, end)
      const json = endingText(book, { id, end, cost })
      const onWritten = bothOf(hold?.end(cost), charging && !end.charged ? book.returns.note(start.org) : undefined)
      book.queue.pushEnded({ json, charging, isNamed: start.namedByCaller === true, batch, onWritten })
    },
  }
}

function endingText({ clock }: Book, { id, end, cost }: { id: string; end: EntryEnd; cost: Cost | undefined }): string {
  return endedText(endedRow(id, end, { endedAt: clock.now(), cost }))
}

type Call = (() => void) | undefined

function bothOf(one: Call, other: Call): Call {
  if (one === undefined || other === undefined) return one ?? other
  return () => {
    one()
    other()
  }
}

function nothingHeld(): void {}

function growHold(
  { price }: Book,
  hold: Hold,
  { start, usage, model = start.model }: { start: EntryStart; usage: Usage; model: string | undefined },
): void {
  const { provider, host, startedAt: at } = start
  const cost = price?.({ provider, model, usage, at, host })
  if (cost !== undefined) hold.grow(cost)
}

function priceOf({ price }: Book, start: EntryStart, end: EntryEnd): Cost | undefined {
  const { usage, isFree } = end
  if (!price || !end.charged || !(usage || isFree)) return undefined
  const { provider, host, startedAt: at } = start
  return price({ provider, model: end.model ?? start.model, usage: usage ?? {}, isFree, at, host })
}

const patienceMs = 1_000

/** Lets what was settled so far be written; a database that is away is told by the reservation itself. */
export async function settledBefore(queue: WriteQueue): Promise<void> {
  await within(patienceMs, queue.flush())
}

function isUncertain(error: unknown): boolean {
  return !(error instanceof OwnkeyError) || error.code === 'unavailable'
}

function tooMuchWaiting(): OwnkeyError {
  return new OwnkeyError('unavailable', { detail: 'Too many entries wait for the database.', retryAfterSeconds: 2 })
}

import type { OwnkeyError } from '../contract/index.ts'
import {
  type Database,
  listWithdrawals,
  lockRecord,
  newestWithdrawal,
  numbersOfWithdrawals,
  type Queryable,
  type WithdrawalRecord,
  type WithdrawalRow,
} from '../store/index.ts'
import { findLost, recordOf, restoredError } from './restored-database.ts'

export interface KeepRecordOptions {
  database: Database
  /** Where the record is; made when it is not there. */
  folder: string
  /** Told once when the record cannot be written, and again after it could. */
  onTrouble(trouble: { path: string; error: unknown }): void
  /** Told once when the database was put back while this process served it. */
  onRestored(error: OwnkeyError): void
  /** Between two looks at the database, in milliseconds. Default 2 000. */
  everyMs?: number | undefined
}

export interface KeptRecord {
  /** Why nothing may be served any more; undefined: the database is not older than the record. */
  readonly restored: OwnkeyError | undefined
  /** Writes what is not written yet, as happens by itself every `everyMs`. Never throws. */
  write(): Promise<void>
  close(): Promise<void>
}

const batchSize = 5_000

/**
 * Writes what is taken out of service into a file outside the database, after it is committed: the file may be behind the
 * database and is never ahead of it, unless the database goes back. Any number of processes may keep the same file.
 */
export function keepRecord(options: KeepRecordOptions): KeptRecord {
  const { database, folder, onTrouble, onRestored, everyMs = 2_000 } = options
  let record: WithdrawalRecord | undefined
  let seen: string | undefined
  let inTrouble = false
  let restored: OwnkeyError | undefined

  async function look(): Promise<void> {
    const newest = await newestWithdrawal(database)
    const name = newest && `${newest.number} ${newest.id}`
    if (name === seen) return
    record ??= await recordOf(database, folder)
    if (!record) return
    const kept = record
    await database.transaction((tx) => catchUp(tx, kept))
    seen = name
    inTrouble = false
  }

  async function catchUp(tx: Queryable, kept: WithdrawalRecord): Promise<void> {
    await lockRecord(tx)
    const last = kept.last()
    const number = last && (await numbersOfWithdrawals(tx, [last.id])).get(last.id)
    if (last && number === undefined) {
      if (restored === undefined) {
        restored = restoredError(await findLost(tx, kept))
        onRestored(restored)
      }
      return
    }
    try {
      await writeFrom(tx, kept, last && { last, number: number as number })
    } catch (error) {
      if (!isOfFiles(error)) throw error
      if (!inTrouble) onTrouble({ path: kept.path, error })
      inTrouble = true
      throw error
    }
  }

  let looking: Promise<void> | undefined
  const write = () => {
    // If the database is away or the disk is full, the next look tries again.
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  const timer = setInterval(() => void write(), everyMs).unref()
  void write()
  return {
    get restored() {
      return restored
    },
    write,
    async close() {
      clearInterval(timer)
      await looking
      await write()
    },
  }
}

/** Appends to the record. Writes it anew after a restored database was accepted, because its rows have other numbers now. */
async function writeFrom(
  tx: Queryable,
  record: WithdrawalRecord,
  end: { last: WithdrawalRow; number: number } | undefined,
): Promise<void> {
  const goesOn = end === undefined || end.last.number === end.number
  let after = goesOn ? (end?.number ?? 0) : 0
  for (let first = true; ; first = false) {
    const rows = await listWithdrawals(tx, { after, limit: batchSize })
    const all = !goesOn && first ? record.replace : record.append
    if (rows.length > 0) all(rows)
    if (rows.length < batchSize) return
    after = rows.at(-1)?.number ?? after
  }
}

function isOfFiles(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

import type { Entry, EntryStart, Ledger } from '../../metering/index.ts'
import type { Traffic } from './traffic.ts'

/**
 * A ledger that also counts. Every attempt on every surface has exactly one entry, which is settled exactly once: so what
 * is counted here is what is in the books.
 */
export function countLedger(ledger: Ledger, traffic: Traffic): Ledger {
  const counted = (start: EntryStart, entry: Entry): Entry => {
    let settled = false
    return {
      id: entry.id,
      soFar: entry.soFar,
      capReached: entry.capReached,
      ending: entry.ending,
      settle(end) {
        if (!settled) traffic.ended(start, end)
        settled = true
        entry.settle(end)
      },
    }
  }
  return {
    ...ledger,
    open: (start) => counted(start, ledger.open(start)),
    reserve(start, standing) {
      const entry = ledger.reserve(start, standing)
      return entry instanceof Promise ? entry.then((reserved) => counted(start, reserved)) : counted(start, entry)
    },
  }
}

import type { CapStanding } from '../policy/index.ts'
import type { Cost } from './cost-of.ts'
import type { EntryStart } from './ledger.ts'
import { SpendSums } from './spend-sums.ts'

/** What this process has spent and snapshots may not know yet. */
export interface SpendWatch {
  /** @returns to be called once it is in the database */
  note(start: EntryStart, cost: Cost): () => void
  /** Pico-units that count toward the cap and that a reading begun at `asOf` (monotonic ms) may not have seen. */
  since(org: string, cap: CapStanding, asOf: number): number
}

interface Spending {
  /** Not in the database yet. */
  unwritten: SpendSums
  /** By the moment (monotonic) at which they were written, oldest first. */
  written: { begun: number; ended: number; sums: SpendSums }[]
}

/** Milliseconds; longer than any snapshot is used. */
export const keptMs = 60_000
/** What is written by one batch is told in less. */
const momentMs = 1

/**
 * Between two readings of a snapshot, spending under a cap is counted here. Every cost is counted once: here until a reading that
 * began after it was written, there from then on.
 */
export function createSpendWatch(clock: { now(): number; monotonic(): number }): SpendWatch {
  const byOrg = new Map<string, Spending>()
  return {
    note(start, cost) {
      const { org } = start
      const spending = byOrg.get(org) ?? { unwritten: new SpendSums(), written: [] }
      byOrg.set(org, spending)
      spending.unwritten.add(start, cost)
      return () => {
        spending.unwritten.takeOut(start, cost)
        sumsAt(spending, clock.monotonic()).add(start, cost)
      }
    },
    since(org, cap, asOf) {
      const spending = byOrg.get(org)
      if (spending === undefined) return 0
      const now = clock.now()
      let total = spending.unwritten.toward(cap, now)
      for (let at = spending.written.length - 1; at >= 0; at--) {
        const { ended, sums } = spending.written[at] as Spending['written'][0]
        if (ended < asOf) break
        total += sums.toward(cap, now)
      }
      return total
    },
  }
}

/** Where what is written now is added; what was written long ago goes. */
function sumsAt({ written }: Spending, now: number): SpendSums {
  let last = written.at(-1)
  if (last === undefined || now - last.begun > momentMs) {
    while (written[0] !== undefined && written[0].ended < now - keptMs) written.shift()
    last = { begun: now, ended: now, sums: new SpendSums() }
    written.push(last)
  }
  last.ended = now
  return last.sums
}

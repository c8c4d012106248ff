import { OwnkeyError } from '../contract/index.ts'
import { type CapStanding, capPhrase, type Spent, towardCap } from '../policy/index.ts'
import { periodEnd, periodStart } from './entry-rows.ts'
import type { EntryStart } from './ledger.ts'
import type { Cost } from './prices.ts'

/** What this process has spent and snapshots may not know yet. */
export interface SpendWatch {
  /** @returns to be called once it is in the database */
  note(start: EntryStart, cost: Cost): () => void
  /** Pico-units that count toward the cap and that a reading begun at `asOf` (monotonic ms) may not have seen. */
  since(org: string, cap: CapStanding, asOf: number): number
}

/** One sum of what a cap can tell apart. */
interface Sum extends Omit<Spent, 'per' | 'unpriced'> {
  /** How many costs are in it. */
  count: number
  /** When the day and the month of these costs began. */
  day: number
  month: number
}
type Sums = Map<string, Sum>

interface Spending {
  /** Not in the database yet. */
  unwritten: Sums
  /** By the moment (monotonic) at which they were written, oldest first. */
  written: { begun: number; ended: number; sums: Sums }[]
}

/** Longer than any snapshot is used. */
const keptMs = 60_000
/** What is written by one batch is told in less. */
const momentMs = 1

/**
 * Between two readings of a snapshot, spending under a cap is counted here, so that a node passes a cap by no more than what
 * it has in flight. Every cost is counted once: here until a reading that began after it was written, there from then on. Kept as
 * sums: every request under a cap looks at them.
 */
export function createSpendWatch(clock: { now(): number; monotonic(): number }): SpendWatch {
  const byOrg = new Map<string, Spending>()
  return {
    note(start, cost) {
      const { org } = start
      const spending = byOrg.get(org) ?? { unwritten: new Map(), written: [] }
      byOrg.set(org, spending)
      const name = nameOf(start, cost)
      const like = spending.unwritten.get(name) ?? emptySum(start, cost)
      add(spending.unwritten, { name, like, pico: cost.costPico })
      return () => {
        takeOut(spending.unwritten, name, cost.costPico)
        add(sumsAt(spending, clock.monotonic()), { name, like, pico: cost.costPico })
      }
    },
    since(org, cap, asOf) {
      const spending = byOrg.get(org)
      if (spending === undefined) return 0
      const period = periodStart(cap.per, clock.now())
      let total = sumUp(spending.unwritten, cap, period)
      for (let at = spending.written.length - 1; at >= 0; at--) {
        const { ended, sums } = spending.written[at] as Spending['written'][0]
        if (ended < asOf) break
        total += sumUp(sums, cap, period)
      }
      return total
    },
  }
}

function sumUp(sums: Sums, cap: CapStanding, period: number): number {
  let total = 0
  for (const { feature, key, source, currency, pico, day, month } of sums.values()) {
    if ((cap.per === 'day' ? day : month) !== period) continue
    total += towardCap(cap, { per: cap.per, feature, key, source, currency, pico })
  }
  return total
}

function add(sums: Sums, { name, like, pico }: { name: string; like: Sum; pico: number }): void {
  const known = sums.get(name)
  if (known === undefined) sums.set(name, { ...like, pico, count: 1 })
  else {
    known.pico += pico
    known.count++
  }
}

function takeOut(sums: Sums, name: string, pico: number): void {
  const sum = sums.get(name) as Sum
  sum.pico -= pico
  if (--sum.count === 0) sums.delete(name)
}

/** Where what is written now is added; what was written long ago goes. */
function sumsAt({ written }: Spending, now: number): Sums {
  let last = written.at(-1)
  if (last === undefined || now - last.begun > momentMs) {
    while (written[0] !== undefined && written[0].ended < now - keptMs) written.shift()
    last = { begun: now, ended: now, sums: new Map() }
    written.push(last)
  }
  last.ended = now
  return last.sums
}

/** The refusal of a request under a cap that is spent. */
export function capReached(cap: CapStanding, now: number): OwnkeyError {
  const resetsAt = periodEnd(cap.per, now)
  return new OwnkeyError('spend_cap_reached', {
    detail: `${capPhrase(cap)} is spent.`,
    facts: { resetsAt: new Date(resetsAt).toISOString() },
    retryAfterSeconds: Math.max(1, Math.ceil((resetsAt - now) / 1000)),
  })
}

function nameOf(start: EntryStart, { currency }: Cost): string {
  const { feature = '', key, startedAt } = start
  return [periodStart('day', startedAt), sourceOf(start), currency, key?.id, feature].join('\n')
}

function emptySum(start: EntryStart, { currency }: Cost): Sum {
  const { feature = '', key, startedAt } = start
  const [day, month] = [periodStart('day', startedAt), periodStart('month', startedAt)]
  return { feature, key: key?.id ?? '', source: sourceOf(start), currency, pico: 0, count: 0, day, month }
}

function sourceOf({ source, fallbackClass }: EntryStart): Spent['source'] {
  if (source !== 'platform') return 'own'
  return fallbackClass ? 'fallback' : 'platform'
}

import { periodStart } from '../lib/index.ts'
import { type CapStanding, type Spent, towardCap } from '../policy/index.ts'
import type { Cost } from './cost-of.ts'
import type { EntryStart } from './ledger.ts'

/** One sum of what a cap can tell apart. */
interface Sum extends Omit<Spent, 'per' | 'unpriced'> {
  /** How many costs are in it. */
  count: number
  /** When the day and the month of these costs began. */
  day: number
  month: number
}

/** Costs of one organization, kept as sums: every request under a cap looks at them. */
export class SpendSums {
  private readonly byName = new Map<string, Sum>()

  get isEmpty(): boolean {
    return this.byName.size === 0
  }

  add(start: EntryStart, cost: Cost): void {
    const name = nameOf(start, cost)
    let sum = this.byName.get(name)
    if (sum === undefined) {
      sum = emptySum(start, cost)
      this.byName.set(name, sum)
    }
    sum.pico += cost.costPico
    sum.count++
  }

  /** Takes a cost out that was added. */
  takeOut(start: EntryStart, cost: Cost): void {
    const name = nameOf(start, cost)
    const sum = this.byName.get(name) as Sum
    sum.pico -= cost.costPico
    if (--sum.count === 0) this.byName.delete(name)
  }

  /** Pico-units that count toward the cap in its period that runs at `now`. */
  toward(cap: CapStanding, now: number): number {
    if (this.byName.size === 0) return 0
    const period = periodStart(cap.per, now)
    let total = 0
    for (const { feature, key, source, currency, pico, day, month } of this.byName.values()) {
      if ((cap.per === 'day' ? day : month) !== period) continue
      total += towardCap(cap, { per: cap.per, feature, key, source, currency, pico })
    }
    return total
  }
}

/** What one cost adds to a cap. */
export function costToward(cap: CapStanding, start: EntryStart, { costPico, currency }: Cost): number {
  const { feature = '', key } = start
  const source = sourceOf(start)
  return towardCap(cap, { per: cap.per, feature, key: key?.id ?? '', source, currency, pico: costPico })
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

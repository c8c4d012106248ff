import { OwnkeyError } from '../contract/index.ts'
import { type CapStanding, capPhrase, towardCap } from '../policy/index.ts'
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

interface Noted {
  start: EntryStart
  cost: Cost
  /** Monotonic; undefined: not in the database yet. */
  writtenAt: number | undefined
}

/** Longer than any snapshot is used. */
const keptMs = 60_000

/**
 * Between two readings of a snapshot, spending under a cap is counted here, so that a node passes a cap by no more than what
 * it has in flight. Every sum is counted once: here until a reading that began after it was written, there from then on.
 */
export function createSpendWatch(clock: { now(): number; monotonic(): number }): SpendWatch {
  const byOrg = new Map<string, Noted[]>()
  return {
    note(start, cost) {
      const noted: Noted = { start, cost, writtenAt: undefined }
      const others = byOrg.get(start.org)
      if (others) others.push(noted)
      else byOrg.set(start.org, [noted])
      return () => {
        noted.writtenAt = clock.monotonic()
        dropOld(byOrg, start.org, noted.writtenAt - keptMs)
      }
    },
    since(org, cap, asOf) {
      let sum = 0
      const period = periodStart(cap.per, clock.now())
      for (const { start, cost, writtenAt } of byOrg.get(org) ?? []) {
        if (writtenAt !== undefined && writtenAt < asOf) continue
        if (periodStart(cap.per, start.startedAt) !== period) continue
        sum += towardCap(cap, { ...slotOf(start), per: cap.per, currency: cost.currency, pico: cost.costPico })
      }
      return sum
    },
  }
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

function slotOf({ feature, key, source, fallbackClass }: EntryStart) {
  return {
    feature: feature ?? '',
    key: key?.id ?? '',
    source: source !== 'platform' ? ('own' as const) : fallbackClass ? ('fallback' as const) : ('platform' as const),
  }
}

function dropOld(byOrg: Map<string, Noted[]>, org: string, before: number): void {
  const noted = byOrg.get(org)
  // They are written in about the order in which they were noted.
  const first = noted?.[0]
  if (!noted || first?.writtenAt === undefined || first.writtenAt >= before) return
  const left = noted.filter(({ writtenAt }) => writtenAt === undefined || writtenAt >= before)
  if (left.length > 0) byOrg.set(org, left)
  else byOrg.delete(org)
}

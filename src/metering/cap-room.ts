import { OwnkeyError } from '../contract/index.ts'
import { type Clock, periodEnd } from '../lib/index.ts'
import { type CapStanding, capPhrase } from '../policy/index.ts'
import type { Usage } from '../providers/index.ts'
import type { Cost } from './cost-of.ts'
import { createExpectations, type Expectation } from './expectations.ts'
import type { EntryStart, Standing } from './ledger.ts'
import type { PriceUsage } from './prices.ts'
import { costToward, SpendSums } from './spend-sums.ts'
import { createSpendWatch, keptMs } from './spend-watch.ts'
import { WaitingLine } from './waiting-line.ts'

/** An attempt that asks for room under its caps. */
export interface RoomWish {
  start: EntryStart
  standing: Standing
  /** What it may count, in the ways in which its model may be priced. */
  usages: readonly Usage[]
  /** As of when it was last judged; so is the next. */
  expectation: Expectation
  /** The cap under which there was no room. */
  tight: CapStanding | undefined
}

/** `outdated`: newer sums have to be read first. */
export type Verdict = 'goes' | 'waits' | 'outdated'

/** Room that an attempt has until its cost is known. */
export interface Hold {
  /** As new as when the room was given. */
  standing: Standing
  /** What a session has cost so far: where it is more than was expected, it is held instead. */
  grow(cost: Cost): void
  /** The cap that is reached by what is spent and by what this and other sessions of this node have cost so far. */
  reached(standing: Pick<Standing, 'caps' | 'spentAsOf'>): OwnkeyError | undefined
  /**
   * Gives the room back, once, and counts what was spent.
   * @returns to be called once that is in the database
   */
  end(cost: Cost | undefined): (() => void) | undefined
}

export interface CapRoom {
  /**
   * Room for an attempt under all its caps: at once, or when those that have it are over.
   * @throws OwnkeyError `spend_cap_reached`, thrown or by the promise; by the promise whatever `renewed` throws
   */
  take(start: EntryStart, standing: Standing): Hold | Promise<Hold>
  setNodes(nodes: number): void
  /** Attempts that wait. */
  readonly waiting: number
  /** Whoever still waits is refused. */
  close(): void
}

export interface CapRoomParts {
  clock: Clock
  price: PriceUsage | undefined
  /** Milliseconds that an attempt waits at most. */
  waitMs: number
}

/**
 * Keeps caps while many requests are under way: what is in flight counts with the cost that is expected of it. A request goes when its
 * own fits beside that, or when nothing else is in flight under the cap; so one that would be served alone is served, and a cap
 * is passed by no more than what the requests in flight cost beyond expectation. The others wait, first come first served.
 * Several nodes do not see what the others have in flight: each uses its part of what its snapshot leaves, and then reads a newer one.
 */
export function createCapRoom({ clock, price, waitMs }: CapRoomParts): CapRoom {
  const watch = createSpendWatch(clock)
  const expectations = createExpectations(price)
  /** Expected of what is in flight, by organization. */
  const held = new Map<string, SpendSums>()
  /** What the sessions among it have cost already. */
  const running = new Map<string, SpendSums>()
  const lines = new Map<string, WaitingLine>()
  let nodes = 1

  function judge(wish: RoomWish): Verdict {
    const { start, standing, usages } = wish
    const { caps = [], spentAsOf = 0, renewed } = standing
    // Read so long ago, by a request whose body was slow, that not all is remembered that was spent since.
    if (renewed !== undefined && clock.monotonic() - spentAsOf > keptMs / 2) return 'outdated'
    const now = clock.now()
    wish.expectation = expectations.expect(start, usages)
    const { cost } = wish.expectation
    let verdict: Verdict = 'goes'
    for (const cap of caps) {
      const since = watch.since(start.org, cap, spentAsOf)
      const left = cap.limitPico - cap.spentPico
      if (since >= left) throw capReached(cap, now)
      const own = cost === undefined ? 0 : costToward(cap, start, cost)
      if (own === 0) continue
      const others = held.get(start.org)?.toward(cap, now) ?? 0
      const isSpent = since >= left / nodes
      if (!isSpent && (others <= 0 || since + others + own <= left / nodes)) continue
      if (verdict === 'goes') wish.tight = cap
      if (verdict !== 'outdated') verdict = isSpent ? 'outdated' : 'waits'
    }
    return verdict
  }

  function hold(wish: RoomWish): Hold {
    const { start, standing, expectation } = wish
    let counted = expectation.cost
    let soFar: Cost | undefined
    let isOver = false
    replace(held, start, [undefined, counted])
    return {
      standing,
      grow(cost) {
        if (isOver) return
        replace(running, start, [soFar, cost])
        soFar = cost
        if (cost.costPico <= (counted?.costPico ?? 0)) return
        replace(held, start, [counted, cost])
        counted = cost
      },
      reached({ caps = [], spentAsOf = 0 }) {
        const now = clock.now()
        const costs = running.get(start.org)
        const cap = caps.find(
          (each) =>
            each.spentPico + watch.since(start.org, each, spentAsOf) + (costs?.toward(each, now) ?? 0) >=
            each.limitPico,
        )
        return cap && capReached(cap, now)
      },
      end(cost) {
        if (isOver) return undefined
        isOver = true
        replace(held, start, [counted, undefined])
        replace(running, start, [soFar, undefined])
        const onWritten = cost && watch.note(start, cost)
        if (cost !== undefined) expectations.learn(start, expectation.estimate, cost)
        lines.get(start.org)?.serve()
        return onWritten
      },
    }
  }

  function lineOf(org: string): WaitingLine {
    let line = lines.get(org)
    if (line === undefined) {
      const made = new WaitingLine({ waitMs, clock, judge, hold, onEmpty: () => forget(org, made) })
      line = made
      lines.set(org, line)
    }
    return line
  }

  function forget(org: string, line: WaitingLine): void {
    if (lines.get(org) === line) lines.delete(org)
  }

  return {
    take(start, standing) {
      const wish: RoomWish = { start, standing, usages: standing.expects?.() ?? [], expectation: {}, tight: undefined }
      const verdict = judge(wish)
      const goes = verdict === 'goes' && lines.get(start.org)?.isAheadOf(wish) !== true
      return goes ? hold(wish) : lineOf(start.org).join(wish, verdict === 'outdated')
    },
    setNodes(count) {
      nodes = Math.max(1, count)
    },
    get waiting() {
      return [...lines.values()].reduce((sum, { length }) => sum + length, 0)
    },
    close() {
      for (const line of [...lines.values()]) line.close()
    },
  }
}

/** @param costs what the attempt counted before, and what it counts from now on */
function replace(
  sumsOf: Map<string, SpendSums>,
  start: EntryStart,
  [before, after]: readonly [Cost | undefined, Cost | undefined],
): void {
  if (before === undefined && after === undefined) return
  const sums = sumsOf.get(start.org) ?? new SpendSums()
  if (before !== undefined) sums.takeOut(start, before)
  if (after !== undefined) sums.add(start, after)
  if (sums.isEmpty) sumsOf.delete(start.org)
  else sumsOf.set(start.org, sums)
}

/** The refusal of a request under a cap that is spent. */
function capReached(cap: CapStanding, now: number): OwnkeyError {
  const resetsAt = periodEnd(cap.per, now)
  return new OwnkeyError('spend_cap_reached', {
    detail: `${capPhrase(cap)} is spent.`,
    facts: { resetsAt: new Date(resetsAt).toISOString() },
    retryAfterSeconds: Math.max(1, Math.ceil((resetsAt - now) / 1000)),
  })
}

import type { Clock } from '../lib/index.ts'
import type { EntryStart, Standing } from './ledger.ts'

export interface LimitGuard {
  /** True when the attempt may go ahead of its reservation; then it is counted as spent. */
  isFar(start: EntryStart, standing: Standing): boolean
  setNodes(nodes: number): void
}

/** Longer than a snapshot may be old and a batch may be on its way, together. */
const windowMs = 8_000

/** Requests of this price that must still fit behind the one that does not wait. */
const spare = 50

/**
 * Decides whether a limit is near. Far means: were every node to spend as much as this one did lately, at the same time,
 * unseen by each other, the limit would still hold. Near the limit, requests ask the database one by one.
 */
export function createLimitGuard(clock: Clock): LimitGuard {
  let nodes = 1
  // Spent in this window and in the one before; together they cover at least one whole window.
  let current = new Map<string, number>()
  let previous = new Map<string, number>()
  let turnAt = clock.monotonic() + windowMs

  function turn(): void {
    const now = clock.monotonic()
    if (now < turnAt) return
    previous = now < turnAt + windowMs ? current : new Map()
    current = new Map()
    turnAt = now + windowMs
  }

  function allows(name: string, remaining: number, cost: number): boolean {
    const spent = (current.get(name) ?? 0) + (previous.get(name) ?? 0)
    return remaining - cost * spare >= (spent + cost) * (nodes + 1)
  }

  function spend(name: string, cost: number): void {
    current.set(name, (current.get(name) ?? 0) + cost)
  }

  return {
    isFar({ org, credits, meter }, { balance, quota }) {
      turn()
      const meterName = meter === undefined ? undefined : `${org}\n${meter}`
      if (credits > 0 && !allows(org, balance, credits)) return false
      if (meterName !== undefined && quota && !allows(meterName, quota.limit - quota.used, 1)) return false
      if (credits > 0) spend(org, credits)
      if (meterName !== undefined && quota) spend(meterName, 1)
      return true
    },
    setNodes(count) {
      nodes = Math.max(1, count)
    },
  }
}

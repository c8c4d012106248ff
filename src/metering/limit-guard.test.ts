import { describe, expect, test } from 'vitest'
import type { EntryStart, Standing } from './ledger.ts'
import { createLimitGuard } from './limit-guard.ts'

function handClock() {
  let time = 1_000
  let wall = 0
  // Whoever measured its windows by the wall clock would see it jump.
  return { now: () => (wall -= 3_600_000), monotonic: () => time, move: (ms: number) => (time += ms) }
}

const attempt = (more: Partial<EntryStart>): EntryStart => ({
  requestId: 'r',
  attempt: 1,
  org: 'acme',
  environment: 'production',
  provider: 'p',
  surface: 's',
  source: 'platform',
  host: 'h',
  credits: 0,
  startedAt: 0,
  ...more,
})

/** How much one node lets through without asking, from one snapshot. */
function spendAll(nodes: number, standing: Standing, more: Partial<EntryStart>): number {
  const guard = createLimitGuard(handClock())
  guard.setNodes(nodes)
  let passed = 0
  while (guard.isFar(attempt(more), standing)) passed++
  return passed
}

describe('the limit guard', () => {
  test('lets requests pass while the balance is far from used up', () => {
    expect(spendAll(1, { balance: 10_000 }, { credits: 5 })).toBeGreaterThan(500)
  })

  test('never lets all nodes together spend more than the balance, each from the same old snapshot', () => {
    for (const nodes of [1, 2, 3, 8, 20]) {
      for (const balance of [0, 1, 49, 250, 1_000, 12_345]) {
        for (const credits of [1, 5, 100]) {
          expect(
            nodes * credits * spendAll(nodes, { balance }, { credits }),
            `${nodes} nodes, ${balance}, ${credits}`,
          ).toBeLessThanOrEqual(balance)
          const quota = { limit: balance, used: 0 }
          expect(nodes * spendAll(nodes, { balance: 0, quota }, { meter: 'images' })).toBeLessThanOrEqual(balance)
        }
      }
    }
  })

  test('counts what is used of a quota already', () => {
    expect(spendAll(1, { balance: 0, quota: { limit: 1_000, used: 999 } }, { meter: 'images' })).toBe(0)
    expect(spendAll(1, { balance: 0, quota: { limit: 1_000, used: 0 } }, { meter: 'images' })).toBeGreaterThan(100)
  })

  test('lets a meter without a limit pass', () => {
    const guard = createLimitGuard(handClock())
    for (let i = 0; i < 1_000; i++) expect(guard.isFar(attempt({ meter: 'images' }), { balance: 0 })).toBe(true)
  })

  test('forgets what was spent only after a whole window', () => {
    const clock = handClock()
    const guard = createLimitGuard(clock)
    const far = () => guard.isFar(attempt({ credits: 1 }), { balance: 100 })
    while (far());
    clock.move(7_000)
    expect(far()).toBe(false)
    clock.move(2_000)
    expect(far()).toBe(false)
    clock.move(20_000)
    expect(far()).toBe(true)
  })

  test('keeps organizations and meters apart', () => {
    const guard = createLimitGuard(handClock())
    while (guard.isFar(attempt({ credits: 1 }), { balance: 200 }));
    expect(guard.isFar(attempt({ credits: 1, org: 'other' }), { balance: 200 })).toBe(true)
    expect(guard.isFar(attempt({ meter: 'images' }), { balance: 0, quota: { limit: 500, used: 0 } })).toBe(true)
  })
})

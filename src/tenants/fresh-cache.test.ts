import { expect, test } from 'vitest'
import { createFreshCache, type FreshCacheParts } from './fresh-cache.ts'

function handClock() {
  let time = 1_000
  let wall = 0
  // Whoever asked the wall clock for an age would see it jump.
  return { now: () => (wall -= 3_600_000), monotonic: () => time, move: (ms: number) => (time += ms) }
}

function start(more: Partial<FreshCacheParts<string>> = {}) {
  const clock = handClock()
  const cache = createFreshCache<string>({
    clock,
    maxAgeMs: () => 5_000,
    unknownMs: 1_000,
    idleMs: 60_000,
    bound: 100,
    deadlineMs: 5_000,
    loadMany: async (keys) => new Map(keys.map((key) => [key, `${key}, loaded`])),
    check: async (kept) => new Map([...kept].map(([key, value]) => [key, { keep: value }])),
    ...more,
  })
  return { cache, clock }
}

test('a checked value is as old as the question, not as the answer', async () => {
  const { cache, clock } = start({
    check: async (kept) => {
      clock.move(1_500)
      return new Map([...kept].map(([key, value]) => [key, { keep: value }]))
    },
  })
  await cache.get('acme')
  await cache.revalidate()
  clock.move(3_500)
  expect(cache.get('acme')).toBe('acme, loaded')
  clock.move(500)
  expect(cache.get('acme')).toBeInstanceOf(Promise)
})

test('a loaded value is as old as the question, not as the answer', async () => {
  const { cache, clock } = start({
    loadMany: async (keys) => {
      clock.move(1_500)
      return new Map(keys.map((key) => [key, 'loaded']))
    },
  })
  await cache.get('acme')
  clock.move(4_000)
  expect(cache.get('acme')).toBeInstanceOf(Promise)
})

test('a value without a verdict is not kept', async () => {
  const { cache } = start({ check: async () => new Map() })
  await cache.get('acme')
  await cache.revalidate()
  expect(cache.size).toBe(0)
  expect(cache.get('acme')).toBeInstanceOf(Promise)
})

test.each(['forget', 'forgetWhere'] as const)(
  'what was being loaded at a %s is given to who waits and not kept',
  async (how) => {
    const loads: ((value: string) => void)[] = []
    const { cache } = start({
      loadMany: (keys) =>
        new Promise((resolve) => void loads.push((value) => resolve(new Map(keys.map((key) => [key, value]))))),
    })
    const waiting = cache.get('acme')
    await expect.poll(() => loads.length, { interval: 1 }).toBe(1)
    if (how === 'forget') cache.forget('acme')
    else cache.forgetWhere(() => false)
    loads[0]?.('before the change')
    expect(await waiting).toBe('before the change')
    const next = cache.get('acme')
    expect(next).toBeInstanceOf(Promise)
    await expect.poll(() => loads.length, { interval: 1 }).toBe(2)
    loads[1]?.('after the change')
    expect(await next).toBe('after the change')
    expect(cache.get('acme')).toBe('after the change')
  },
)

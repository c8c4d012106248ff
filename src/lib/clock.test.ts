import { expect, test } from 'vitest'
import { systemClock } from './clock.ts'

test('the monotonic clock never runs backwards', () => {
  let last = systemClock.monotonic()
  for (let i = 0; i < 1000; i++) {
    const now = systemClock.monotonic()
    expect(now).toBeGreaterThanOrEqual(last)
    last = now
  }
})

test('wall time is milliseconds since 1970', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
})

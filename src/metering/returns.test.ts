import { expect, test } from 'vitest'
import { createReturns } from './returns.ts'

test('a reading does not know of what is given back until it began after that was written', () => {
  let now = 100
  const returns = createReturns(() => now)
  expect([returns.since('acme', 0), returns.areUnwritten('acme')]).toEqual([false, false])
  const written = returns.note('acme')
  now = 120
  expect([returns.since('acme', 110), returns.areUnwritten('acme')]).toEqual([true, true])
  written()
  expect([returns.since('acme', 110), returns.areUnwritten('acme')]).toEqual([true, false])
  expect([returns.since('acme', 121), returns.since('other', 0)]).toEqual([false, false])
})

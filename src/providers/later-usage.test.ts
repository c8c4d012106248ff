import { expect, test } from 'vitest'
import { laterUsage } from './later-usage.ts'

test('later counts win, those that are told together as one', () => {
  const earlier = { inputTokens: 90, cacheReadTokens: 10, outputTokens: 1 }
  expect(laterUsage(earlier, { inputTokens: 0, cacheReadTokens: 100, outputTokens: 20 })).toEqual({
    inputTokens: 0,
    cacheReadTokens: 100,
    outputTokens: 20,
  })
})

test('counts that were never filled in take nothing of what was told before, and add no zeros to it', () => {
  const earlier = { inputTokens: 90, outputTokens: 20 }
  const empty = { inputTokens: 0, cacheReadTokens: 0, outputTokens: 0, reasoningTokens: 0, characters: 0 }
  expect(laterUsage(earlier, empty)).toEqual({ ...earlier, characters: 0 })
})

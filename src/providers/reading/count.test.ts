import { expect, test } from 'vitest'
import { part, textLength } from './count.ts'

test('characters are counted as people count them', () => {
  expect(['', 'abc', 'नमस्ते', '😀 a', 7].map(textLength)).toEqual([0, 3, 6, 3, undefined])
})

test('a part is never more than its whole, and not told where there is none of it', () => {
  expect([part(3, 5), part(9, 5), part(3, undefined), part(0, 5), part('x', 5)]).toEqual([
    3,
    5,
    undefined,
    undefined,
    undefined,
  ])
})

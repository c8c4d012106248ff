import { expect, test } from 'vitest'
import { starPattern } from './star-pattern.ts'

test.each([
  ['*', '', true],
  ['a*b*c', 'a--b--c', true],
  ['a*b*c', 'abc', true],
  ['a*bc*c', 'abc', false],
  ['a*a', 'a', false],
  ['a.c', 'abc', false],
  ['a**c', 'ac', true],
  ['a', 'A', false],
])('the pattern %s against "%s" is %s', (pattern, text, expected) => {
  expect(starPattern(pattern)(text)).toBe(expected)
})

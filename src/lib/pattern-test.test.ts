import { expect, test } from 'vitest'
import { patternTest } from './index.ts'

test.each([
  ['*', '', true],
  ['a*b*c', 'a--b--c', true],
  ['a*b*c', 'abc', true],
  ['a*bc*c', 'abc', false],
  ['a*a', 'a', false],
  ['a.c', 'abc', false],
  ['Key.*', 'key.SET', true],
])('%s against "%s" is %s', (pattern, text, expected) => {
  expect(patternTest(pattern)(text)).toBe(expected)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatedName } from './repeated-name.ts'

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061" : 2}', 'a'],
  ['{"a":{"b":1,"c":[{"d":1,"d":2}]}}', 'd'],
  ['{"a":{"a":1},"b":{"a":1}}', undefined],
  ['[{"a":1},{"a":1}]', undefined],
  ['{"a":"\\"a\\":","b":"{\\"a\\":1"}', undefined],
  ['["a","a"]', undefined],
  ['"a"', undefined],
])('%s repeats %s', (json, name) => expect(repeatedName(json)).toBe(name))

test('nothing that was written from an object repeats a name, and every object with its first name again does', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => {
      expect(repeatedName(json)).toBeUndefined()
    }),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
      const [name] = Object.keys(value)
      expect(repeatedName(`${JSON.stringify(value).slice(0, -1)},${JSON.stringify(name)}:0}`)).toBe(name)
    }),
  )
})

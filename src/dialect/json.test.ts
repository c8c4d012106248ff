import { expect, test } from 'vitest'
import { parseAnswer, parseRecord, parseRequest } from './json.ts'

const deep = `{"messages":${'['.repeat(5_000)}${']'.repeat(5_000)}}`

test('what nests too deep is neither taken from a caller nor from a provider', () => {
  expect(() => parseRequest(Buffer.from(deep))).toThrow(/nests deeper than 500/)
  expect(() => parseAnswer(Buffer.from(deep))).toThrow(SyntaxError)
  expect(parseRecord(deep)).toEqual({})
})

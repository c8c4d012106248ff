import { describe, expect, test } from 'vitest'
import { parseJson } from './parse-json.ts'

const nested = (depth: number, inside = '1') => `${'['.repeat(depth)}${inside}${']'.repeat(depth)}`

describe('JSON of strangers', () => {
  test.each([
    ['a list', '[1,2]'],
    ['a text with brackets', JSON.stringify({ text: '['.repeat(20_000) })],
    ['a text with brackets behind an escaped quote', JSON.stringify({ text: `"\\${'['.repeat(20_000)}\\`, more: [] })],
    ['a text that ends in backslashes', JSON.stringify(['\\'.repeat(20_001), ['\\']])],
    ['many lists beside each other', `[${'[],'.repeat(10_000)}[]]`],
    ['500 levels', nested(500, JSON.stringify('x'.repeat(20_000)))],
    ['any depth in a short text', nested(2_000)],
  ])('is read as JSON.parse reads it: %s', (_name, text) => {
    for (const given of [text, Buffer.from(text)]) expect(parseJson(given)).toEqual(JSON.parse(text))
  })

  test.each([
    ['closed', nested(501, JSON.stringify('x'.repeat(20_000)))],
    ['left open', '['.repeat(900_000)],
    ['of objects', '{"a":'.repeat(10_000)],
    ['behind a text', `["${'\\"'.repeat(5_000)}",${'['.repeat(501)}`],
  ])('that nests deeper is refused: %s', (_name, text) => {
    for (const given of [text, Buffer.from(text)]) expect(() => parseJson(given)).toThrow(/nests deeper than 500/)
  })

  test.each(['', '{', '"', '"\\"', `"${'x'.repeat(20_000)}`])('that is none is a SyntaxError: %.20s', (text) => {
    expect(() => parseJson(Buffer.from(text))).toThrow(SyntaxError)
  })
})

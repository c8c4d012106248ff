import { describe, expect, test } from 'vitest'
import { headerName, isHeaderValue, isPath } from './header-grammar.ts'

describe('a header’s name', () => {
  test.each(['', 'a b', 'a:', 'ä', 'a\r\n', 'a\0', 'a(', '"a"'])('is not %j', (name) => {
    expect([headerName(name), headerName(name)]).toEqual(['', ''])
  })

  test('is none when its bytes would only look like one', () => {
    // U+0141 cut to a byte is A.
    expect([headerName('\u0141'), headerName('A'), headerName('\u0141')]).toEqual(['', 'a', ''])
  })

  test('is the same in lower case, known or not, short or long, however many there are', () => {
    for (let i = 0; i < 5_000; i++) expect(headerName(`X-Made-Up-${i}`)).toBe(`x-made-up-${i}`)
    for (const name of ['Content-Length', 'X-'.repeat(50)]) {
      expect([headerName(name), headerName(name)]).toEqual([name.toLowerCase(), name.toLowerCase()])
    }
  })
})

describe('a value', () => {
  test('may hold tabs and single bytes, and no line', () => {
    const held = ['', 'a\tb', '\xff', 'a\r', 'a\n', '\0', '\x7f', '\u0141'].map(isHeaderValue)
    expect(held).toEqual([true, true, true, false, false, false, false, false])
  })
})

describe('a path', () => {
  test('begins with a slash and has neither space nor line', () => {
    expect(['/', '/a?b=%20', '', 'a', '/a b', '/a\r\n', '/\t', '//x'].map(isPath)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      true,
    ])
  })
})

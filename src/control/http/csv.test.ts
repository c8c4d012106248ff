import { describe, expect, it } from 'vitest'
import { toCsv } from './csv.ts'

const line = (...values: Parameters<typeof toCsv>[0]['rows'][number]) =>
  toCsv({ header: ['h'], rows: [values] }).split('\r\n')[1]

describe('CSV', () => {
  it('ends every line with CRLF and quotes what needs quotes', () => {
    expect(
      toCsv({
        header: ['a', 'b'],
        rows: [
          ['x,y', 'say "hi"'],
          [null, 7],
        ],
      }),
    ).toBe('a,b\r\n"x,y","say ""hi"""\r\n,7\r\n')
    expect(toCsv({ header: ['a'], rows: [['two\nlines']] })).toBe('a\r\n"two\nlines"\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '  =1', '=HYPERLINK("http://x","y")'])(
    'makes %j a text, not a formula',
    (value) => {
      expect(line(value)?.replace(/^"/, '')).toMatch(/^'/)
    },
  )

  it('leaves numbers as they are, also negative ones', () => {
    expect(line(-5, 0.25, true)).toBe('-5,0.25,true')
  })
})

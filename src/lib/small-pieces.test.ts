import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SmallPieces } from './small-pieces.ts'

/** What is told for these pieces: as text, because its memory is used again. */
function told(pieces: readonly Buffer[]): string[] {
  const heard: string[] = []
  const small = new SmallPieces((bytes) => heard.push(bytes.toString('latin1')))
  for (const piece of pieces) small.add(piece)
  small.flush()
  return heard
}

describe('SmallPieces', () => {
  it('tells every byte once and in order, whatever the sizes', () => {
    const pieces = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 33, max: 126 }))
        .map(([n, code]) => Buffer.alloc(n, code)),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(pieces, (all) => {
        expect(told(all).join('')).toBe(Buffer.concat(all).toString('latin1'))
      }),
    )
  })

  it('tells a hundred events at once, and a large piece as it is', () => {
    const events = Array.from({ length: 40 }, (_, n) => Buffer.from(`data: ${n}\n\n`))
    const large = Buffer.alloc(10_000, 0x61)
    expect(told(events)).toHaveLength(1)
    expect(told([large])).toEqual([large.toString()])
    expect(told([...events, large])).toHaveLength(2)
  })

  it('tells nothing when nothing came', () => {
    expect(told([])).toEqual([])
  })

  it('keeps two that gather at once apart', () => {
    const heard: string[] = []
    const one = new SmallPieces((bytes) => heard.push(`one ${bytes}`))
    const other = new SmallPieces((bytes) => heard.push(`other ${bytes}`))
    one.add(Buffer.from('a'))
    other.add(Buffer.from('b'))
    one.add(Buffer.from('c'))
    one.flush()
    one.add(Buffer.from('d'))
    other.flush()
    one.flush()
    expect(heard).toEqual(['one ac', 'other b', 'one d'])
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LastBytes } from './last-bytes.ts'

test('the last bytes are what stands at the end of all that was added', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 30 }), (pieces, most) => {
      const last = new LastBytes(most)
      for (const piece of pieces) last.add(Buffer.from(piece))
      const all = Buffer.concat(pieces)
      expect(last.read()).toEqual(all.subarray(Math.max(0, all.length - most)))
      expect(last.isAll).toBe(all.length <= most)
    }),
  )
})

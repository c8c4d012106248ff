import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeySearch } from './key-search.ts'

test.each(['"usage"', '"service_tier"', '"x"', '"_"'])('%s is found where a plain search finds it', (key) => {
  const search = new KeySearch(key)
  const parts = fc.constantFrom(key, key.slice(1), key.slice(0, -1), '"', '_', 'usage"', '_tier"', 'x', '\\', ' ')
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), fc.nat(40), (texts, from) => {
      const bytes = Buffer.from(texts.join(''))
      expect(search.indexIn(bytes, from)).toBe(bytes.indexOf(key, from))
    }),
    { numRuns: 500 },
  )
})

import { describe, expect, it } from 'vitest'
import { Secret } from '../crypto/index.ts'
import { maskKey } from './mask-key.ts'

const gemini = { keyShapes: [{ pattern: /^AIza/, prefix: 'AIza', distinctive: true }], maskGap: '••••' }
const openai = {
  keyShapes: [
    { pattern: /^sk-/, prefix: 'sk-', distinctive: false },
    { pattern: /^sk-proj-/, prefix: 'sk-proj-', distinctive: true },
  ],
  maskGap: '...',
}
const mask = (text: string, provider = openai) => maskKey(provider, new Secret(text))

describe('the masked form', () => {
  it('shows the public prefix and the last four characters', () => {
    expect(mask('AIzaSyB-0123456789abcdefghijklmno1234', gemini)).toEqual({ hint: 'AIza••••1234', last4: '1234' })
    expect(mask('sk-0123456789abcdefabcd')).toEqual({ hint: 'sk-...abcd', last4: 'abcd' })
    expect(mask('sk-proj-0123456789abcdefabcdwxyz')).toEqual({ hint: 'sk-proj-...wxyz', last4: 'wxyz' })
  })

  it('shows no prefix that the key does not have', () => {
    expect(mask('AQ.0123456789abcdef', gemini)).toEqual({ hint: '••••cdef', last4: 'cdef' })
  })

  it('shows none of a key shorter than twelve characters', () => {
    for (let length = 1; length < 12; length++)
      expect(mask('sk-abcdefgh'.slice(0, length))).toEqual({ hint: '...', last4: '' })
    expect(mask('abcdefgh1234')).toEqual({ hint: '...1234', last4: '1234' })
  })

  it('never shows more than half of a key, prefix included', () => {
    expect(mask('sk-proj-abcdefg')).toEqual({ hint: '...defg', last4: 'defg' })
    for (let length = 12; length < 40; length++) {
      const text = `sk-proj-${'x'.repeat(40)}`.slice(0, length)
      expect((mask(text).hint.length - 3) * 2).toBeLessThanOrEqual(length)
    }
  })
})

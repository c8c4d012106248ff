import { expect, test } from 'vitest'
import { randomBase62, toBase62 } from './base62.ts'

test('random text has the asked length, letters and digits only, and does not repeat', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 2000; i++) {
    const text = randomBase62(22)
    expect(text).toMatch(/^[0-9A-Za-z]{22}$/)
    seen.add(text)
  }
  expect(seen.size).toBe(2000)
})

test('every digit is about as frequent as every other', () => {
  const counts = new Map<string, number>()
  for (const digit of randomBase62(62_000)) counts.set(digit, (counts.get(digit) ?? 0) + 1)
  expect(counts.size).toBe(62)
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250)
})

test('numbers are padded, and different numbers differ', () => {
  expect(toBase62(0, 6)).toBe('000000')
  expect(toBase62(61, 6)).toBe('00000z')
  expect(toBase62(62, 6)).toBe('000010')
  expect(toBase62(0xffffffff, 6)).toMatch(/^[0-9A-Za-z]{6}$/)
})

import { expect, test } from 'vitest'
import { createIdMaker, lowestIdAt } from './ids.ts'

test('ids are 26 characters of base 32 and do not repeat', () => {
  const newId = createIdMaker()
  const ids = new Set(Array.from({ length: 20_000 }, newId))
  expect(ids.size).toBe(20_000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/)
})

test('an id made later sorts later', () => {
  let time = Date.UTC(2026, 0, 1)
  const newId = createIdMaker(() => time)
  let before = newId()
  for (let i = 0; i < 5000; i++) {
    time += 1 + i * 7
    const next = newId()
    expect(next > before).toBe(true)
    before = next
  }
})

test('the lowest id of a millisecond is not above any id of that millisecond', () => {
  const time = Date.UTC(2026, 10, 20)
  const newId = createIdMaker(() => time)
  for (let i = 0; i < 100; i++) expect(newId() >= lowestIdAt(time)).toBe(true)
  expect(lowestIdAt(time + 1) > newId()).toBe(true)
})

import { expect, test } from 'vitest'
import { OrgPlaces } from './org-places.ts'

test('an organization has as many places as it may, and another one its own', () => {
  const places = new OrgPlaces()
  const first = places.take('a', 2)
  expect(places.take('a', 2)).toBeDefined()
  expect(places.take('a', 2)).toBeUndefined()
  expect(places.take('b', 2)).toBeDefined()
  first?.release()
  first?.release()
  expect(places.take('a', 2)).toBeDefined()
  expect(places.take('a', 2)).toBeUndefined()
})

test('a limit that has become smaller holds for the next one', () => {
  const places = new OrgPlaces()
  const held = [1, 2, 3].map(() => places.take('a', 3))
  expect(places.take('a', 1)).toBeUndefined()
  for (const place of held) place?.release()
  expect(places.take('a', 1)).toBeDefined()
})

test('those that have nothing under way are forgotten when there are many, and no other', () => {
  const places = new OrgPlaces()
  places.take('busy', 1)
  for (let n = 0; n < 25_000; n++) places.take(`idle-${n}`, 1)?.release()
  expect(places.take('busy', 1)).toBeUndefined()
  expect(places.take('idle-1', 1)).toBeDefined()
})

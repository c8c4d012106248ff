import { expect, test } from 'vitest'
import { rotationOf } from './show-key.ts'

const now = Date.UTC(2026, 10, 21, 15)

test.each([
  [null, 'none'],
  ['2026-12-22', 'scheduled'],
  ['2026-12-21', 'due_soon'],
  ['2026-11-22', 'due_soon'],
  ['2026-11-21', 'due_soon'],
  ['2026-11-20', 'overdue'],
])('a key that is due on %s, reminded of 30 days before, is %s on 21 November', (rotateBy, standing) => {
  expect(rotationOf(rotateBy, { now, remindDays: 30 })).toBe(standing)
})

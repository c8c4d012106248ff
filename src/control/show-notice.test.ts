import { expect, test } from 'vitest'
import { noticeWords } from './show-notice.ts'

const words = { provider: 'OpenAI', aiName: 'Acme AI', count: 1 }

test.each([
  ['rotation_due', { rotateBy: '2026-12-01' }, 'It should be replaced by December 1, 2026. It keeps working'],
  ['rotation_overdue', { rotateBy: '2026-01-31' }, 'It should have been replaced by January 31, 2026.'],
  ['rotation_due', {}, 'It should be replaced by its date.'],
  ['credits_low', { balance: 1 }, 'Credits left: 1.'],
  ['unpriced', { requests: 1 }, 'Answers of this month by models without a known price: 1;'],
  ['another kind', {}, 'It happened 1 time since it began.'],
])('a notice of %s with %j is said in plain words', (kind, facts, said) => {
  expect(noticeWords(kind, { ...words, facts }).detail).toContain(said)
})

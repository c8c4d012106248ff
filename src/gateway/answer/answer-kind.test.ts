import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answerKind } from './answer-kind.ts'

const owner = { provider: { framing: undefined, failsInside200: false }, translation: undefined, usage: {} }
const wayOf = (bytes: Buffer, encoding = '') =>
  answerKind(
    { status: 200, contentType: '', encoding, length: undefined, passed: [], raw: [] },
    { bytes, isWhole: false },
    owner as unknown as Parameters<typeof answerKind>[2],
  ).way

test('an answer of white space is held back until its first bytes have told nothing, and no longer', () => {
  expect(wayOf(Buffer.from(' \n'.repeat(31)))).toBe('undecided')
  expect(wayOf(Buffer.from(' \n'.repeat(32)))).toBe('relayed')
  expect(wayOf(gzipSync(' '.repeat(63)), 'gzip')).toBe('undecided')
  expect(wayOf(gzipSync(' '.repeat(64)), 'gzip')).toBe('relayed')
  const empty = Buffer.concat(Array.from({ length: 60 }, () => gzipSync('')))
  expect(wayOf(empty, 'gzip')).toBe('relayed')
})

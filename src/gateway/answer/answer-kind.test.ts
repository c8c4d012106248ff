import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answerKind } from './answer-kind.ts'

const owner = { provider: { framing: undefined, failsInside200: false }, translation: undefined, usage: {} }
const wayOf = (bytes: Buffer, encoding = '', { contentType = '', tellsOwnErrors = true } = {}) =>
  answerKind(
    { status: 200, contentType, encoding, length: undefined, passed: [], raw: [] },
    { bytes, isWhole: false },
    { ...owner, tellsOwnErrors } as unknown as Parameters<typeof answerKind>[2],
  ).way

test('an answer of white space is held back until its first bytes have told nothing, and no longer', () => {
  expect(wayOf(Buffer.from(' \n'.repeat(31)))).toBe('undecided')
  expect(wayOf(Buffer.from(' \n'.repeat(32)))).toBe('relayed')
  expect(wayOf(gzipSync(' '.repeat(63)), 'gzip')).toBe('undecided')
  expect(wayOf(gzipSync(' '.repeat(64)), 'gzip')).toBe('relayed')
  const empty = Buffer.concat(Array.from({ length: 60 }, () => gzipSync('')))
  expect(wayOf(empty, 'gzip')).toBe('relayed')
})

test('what is asked about a job tells the job’s error, which is no failure of the question', () => {
  const job = Buffer.from('{"id":"x","status":"error","error":"Download error, the file is not reachable"}')
  expect(wayOf(job, '', { contentType: 'application/json' })).toBe('opened')
  expect(wayOf(job, '', { contentType: 'application/json', tellsOwnErrors: false })).toBe('relayed')
})

test('a stream of lines of JSON is not held back for an error in its first line', () => {
  const line = Buffer.from('{"is_finished":false,"error":{"code":"x"}}\n')
  expect(wayOf(line, '', { contentType: 'application/json' })).toBe('opened')
  expect(wayOf(line, '', { contentType: 'application/x-ndjson' })).toBe('relayed')
  expect(wayOf(line, '', { contentType: 'application/stream+json' })).toBe('relayed')
})

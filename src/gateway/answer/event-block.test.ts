import { expect, test } from 'vitest'
import { findProvider } from '../../providers/index.ts'
import { readEventBlock } from './event-block.ts'
import { OpeningReader } from './opening-reader.ts'

test.each([
  ['data: {"a":1}', { data: { a: 1 } }],
  ['event: error\ndata: {"a":1}', { name: 'error', data: { a: 1 } }],
  ['data: {"a":\r\ndata: 1}', { data: { a: 1 } }],
  ['\ufeffdata: {"a":1}', { data: { a: 1 } }],
  ['\ufeffevent: error\ndata: x', { name: 'error', data: 'x' }],
  ['\ufeff{"a":1}', { data: { a: 1 } }],
  [': a comment\n{"a":1}', { data: { a: 1 } }],
  [': a comment', undefined],
  ['data:', undefined],
  ['data: \ndata:', undefined],
  ['event: error\ndata:', { name: 'error', data: '' }],
])('the event %j', (block, expected) => {
  expect(readEventBlock(block)).toEqual(expected)
})

test('an error that opens a stream is one behind a byte order mark too, wherever the bytes are split', () => {
  const bytes = Buffer.from('\ufeffdata: {"error":{"message":"no credit","code":"insufficient_quota"}}\n\n')
  const openai = findProvider('openai')
  if (openai === undefined) throw new Error('the catalogue has no openai')
  for (let at = 0; at <= bytes.length; at++) {
    const reader = new OpeningReader(openai, { framing: undefined, isJson: false, encoding: '' })
    const first = reader.read(bytes.subarray(0, at))
    const opening = typeof first === 'object' ? first : reader.read(bytes.subarray(at))
    expect(opening).toMatchObject({ class: 'quota_exhausted' })
  }
})

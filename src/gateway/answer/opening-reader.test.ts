import { constants, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { findProvider, type Provider } from '../../providers/index.ts'
import { OpeningReader } from './opening-reader.ts'

const openai = findProvider('openai') as Provider
const kind = { framing: undefined, isJson: false, encoding: 'gzip' }
const packed = (text: string) => gzipSync(Buffer.from(text), { finishFlush: constants.Z_SYNC_FLUSH })

test('a compressed stream that opens with an error is one, wherever it is split', () => {
  const bytes = packed('event: error\ndata: {"error":{"code":"rate_limit_exceeded","message":"no"}}\n\n')
  for (let at = 1; at < bytes.length; at++) {
    const reader = new OpeningReader(openai, kind)
    const openings = [reader.read(bytes.subarray(0, at)), reader.read(bytes.subarray(at)), reader.end()]
    expect(openings.some((opening) => typeof opening === 'object' && opening.class === 'rate_limited')).toBe(true)
  }
})

test('a compressed stream that says nothing in many pieces is content: each of them means to unpack all of it again', () => {
  const reader = new OpeningReader(openai, kind)
  const openings = [reader.read(packed(': \n\n'.repeat(16_000)))]
  // Empty blocks, byte by byte: they unpack to nothing.
  for (let at = 0; at < 1_000; at++) openings.push(reader.read(Buffer.from([at % 5 < 3 ? 0 : 0xff])))
  expect(openings[0]).toBe('preamble')
  expect(openings.filter((opening) => opening === 'preamble').length).toBeLessThan(50)
})

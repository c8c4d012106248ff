import { expect, test } from 'vitest'
import { findProvider, type Provider } from '../../providers/index.ts'
import { laterErrorsOf } from './later-errors.ts'

const openai = findProvider('openai') as Provider
const head = { status: 200, contentType: 'text/event-stream', encoding: '', length: undefined, passed: [], raw: [] }

function read(pieces: readonly Buffer[], contentType = head.contentType): string | undefined {
  const errors = laterErrorsOf(openai, { ...head, contentType }, undefined)
  for (const piece of pieces) {
    const lent = Buffer.from(piece)
    errors?.feed(lent)
    lent.fill('#')
  }
  return errors?.end()?.class
}

const inPieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

const content = (text: string) => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}`
const error = `event: error\ndata: ${JSON.stringify({ error: { code: 'rate_limit_exceeded', message: 'no' } })}`

test.each([
  ['\n\n', 'LF'],
  ['\r\n\r\n', 'CRLF'],
  ['\r\r', 'CR'],
])('an error event is found wherever the stream is split, lines ended by %j', (blank) => {
  const line = blank.slice(0, blank.length / 2)
  const text = [content('of an error'), error.replace('\n', line), content('"error"'), 'data: [DONE]', ''].join(blank)
  const bytes = Buffer.from(text)
  for (let at = 1; at < bytes.length; at++)
    expect(read([bytes.subarray(0, at), bytes.subarray(at)]), `split at ${at}`).toBe('rate_limited')
  for (let size = 1; size < 50; size++) {
    expect(read(inPieces(bytes, size)), `pieces of ${size}`).toBe('rate_limited')
  }
})

test('an error that does not call itself one is found among the last events', () => {
  const detail = 'data: {"detail":"Rate limit exceeded"}'
  for (const before of [content('a'), `${content('word ')}\n\n`.repeat(300).trim()])
    for (const after of ['', '\n\n', '\n\ndata: [DONE]\n\n']) {
      const bytes = Buffer.from(`${before}\n\n${detail}${after}`)
      for (const size of [1, 7, 400, bytes.length]) expect(read(inPieces(bytes, size))).toBeDefined()
    }
})

test('an event that is too long is passed over, and the ones behind it are read', () => {
  const long = content('error '.repeat(20_000))
  for (const size of [1_000, 40_000, 1_000_000]) {
    const bytes = Buffer.from(`${content('a')}\n\n${long}\n\n${error}\n\n`)
    expect(read(inPieces(bytes, size)), `pieces of ${size}`).toBe('rate_limited')
  }
})

test('an array of JSON ends with its error, and other JSON is not looked into', () => {
  const failed = { error: { code: 'rate_limit_exceeded', message: 'no' } }
  const array = Buffer.from(JSON.stringify([{ a: 'x'.repeat(20_000) }, failed], null, 1))
  for (const at of [1, 5_000, 19_000, array.length - 3])
    expect(read([array.subarray(0, at), array.subarray(at)], 'application/json')).toBe('rate_limited')
  expect(read([Buffer.from(JSON.stringify({ output: [failed] }))], 'application/json')).toBeUndefined()
  expect(read([Buffer.from(JSON.stringify([{ a: 'the "error" is {' }]))], 'application/json')).toBeUndefined()
})

test('what a provider packs in a way that nobody here can unpack tells nothing', () => {
  expect(laterErrorsOf(openai, { ...head, encoding: 'zstd' }, undefined)).toBeUndefined()
})

test('the end of an array is found in no time, whatever stands before it', () => {
  const array = Buffer.from(`[{"a":1},{"error":${' '.repeat(8_100)}x`)
  const begun = performance.now()
  for (let time = 0; time < 300; time++) expect(read([array], 'application/json')).toBeUndefined()
  // An expression took half a minute; a bound against that, not a measure.
  expect(performance.now() - begun).toBeLessThan(10_000)
})

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readForm } from './read-form.ts'

/** A request as the reader sees it: the body in those pieces. */
function incoming(pieces: Iterable<Buffer> | AsyncIterable<Buffer>, boundary: string): IncomingMessage {
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  return Object.assign(Readable.from(pieces), { headers }) as unknown as IncomingMessage
}

const body = (file: Buffer) =>
  Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'),
    Buffer.from(
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n',
    ),
    file,
    Buffer.from('\r\n--b\r\nContent-Disposition: form-data; name="response_format"\r\n\r\njson\r\n--b--\r\n'),
  ])

test('a form is read alike wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 90 }), async (bytes, size) => {
      const file = Buffer.concat([Buffer.from(bytes), Buffer.from('\r\n--almost\r\n-')])
      const whole = body(file)
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
        whole.subarray(at * size, (at + 1) * size),
      )
      const form = await readForm(incoming(pieces, 'b'))
      expect(form.fields).toEqual({ model: 'whisper-1', response_format: 'json' })
      expect(form.files).toEqual([{ field: 'file', name: 'a.wav', bytes: file.length }])
    }),
    { numRuns: 60 },
  )
})

test('a large file is counted and not held', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = () => {
    collect()
    return process.memoryUsage().arrayBuffers
  }
  let most = 0
  async function* upload() {
    yield body(Buffer.alloc(0)).subarray(0, body(Buffer.alloc(0)).indexOf('audio/wav') + 13)
    for (let count = 0; count < 200; count += 1) {
      yield piece
      if (count % 20 === 0) most = Math.max(most, held())
    }
    yield Buffer.from('\r\n--b--\r\n')
  }
  const before = held()
  const form = await readForm(incoming(upload(), 'b'))
  expect(form.files[0]?.bytes).toBeGreaterThanOrEqual(200 * piece.length)
  expect(most - before).toBeLessThan(50 * 1024 * 1024)
})

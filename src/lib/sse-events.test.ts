import { expect, test } from 'vitest'
import { type SseEvent, SseReader } from './sse-events.ts'

const text =
  ': hello\n\nevent: message_start\ndata: {"a":"é—日"}\n\ndata: one\r\ndata:two\r\n\r\nid: 7\nretry: 5\ndata: [DONE]\n\n'
const events: SseEvent[] = [{ name: 'message_start', data: '{"a":"é—日"}' }, { data: 'one\ntwo' }, { data: '[DONE]' }]

test('a byte order mark before the first event is no part of it; a later one is text', () => {
  for (const at of [0, 1, 2, 3, 9]) {
    const reader = new SseReader()
    const bytes = new TextEncoder().encode('\ufeffdata: a\ufeffb\n\n')
    expect([...reader.feed(bytes.subarray(0, at)), ...reader.feed(bytes.subarray(at))]).toEqual([{ data: 'a\ufeffb' }])
  }
})

test('the same events come out wherever the bytes are split', () => {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at <= bytes.length; at++) {
    const reader = new SseReader()
    expect([...reader.feed(bytes.subarray(0, at)), ...reader.feed(bytes.subarray(at))], `split at ${at}`).toEqual(
      events,
    )
  }
})

test('byte by byte as well', () => {
  const reader = new SseReader()
  const seen: SseEvent[] = []
  for (const byte of new TextEncoder().encode(text)) seen.push(...reader.feed(Uint8Array.of(byte)))
  expect(seen).toEqual(events)
})

test('an endless line is not kept, and the next event is read', () => {
  const reader = new SseReader({ maxEventBytes: 1000 })
  const encode = (part: string) => new TextEncoder().encode(part)
  reader.feed(encode('data: '))
  for (let i = 0; i < 100; i++) expect(reader.feed(encode('x'.repeat(500)))).toEqual([])
  expect(reader.overflowed).toBe(true)
  expect(reader.feed(encode('\n\ndata: back\n\n'))).toEqual([{ data: 'back' }])
})

test('a long line in many pieces takes time in proportion to it, whatever ends its lines', () => {
  const encode = (part: string) => new TextEncoder().encode(part)
  for (const end of ['\n', '\r', '\r\n']) {
    const reader = new SseReader({ maxEventBytes: 32 * 1024 * 1024 })
    const piece = encode('x'.repeat(64))
    reader.feed(encode('data: '))
    const begun = performance.now()
    for (let count = 0; count < 100_000; count++) reader.feed(piece)
    // It took minutes; a bound against that, not a measure.
    expect(performance.now() - begun).toBeLessThan(20_000)
    const seen = [...reader.feed(encode(end + end)), ...reader.feed(encode('data: next\n\n'))]
    expect(seen.map(({ data }) => data.length)).toEqual([6_400_000, 4])
  }
})

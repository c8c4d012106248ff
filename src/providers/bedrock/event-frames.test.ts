import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { StreamFrame } from '../stream-opening.ts'
import { bedrock } from './bedrock.ts'
import { awsEventStream } from './event-frames.ts'

/** Two messages of the format's published test vectors. */
const noHeaders = Buffer.concat([
  Buffer.from('0000001d00000000fd528c5a', 'hex'),
  Buffer.from("{'foo':'bar'}"),
  Buffer.from('c3653936', 'hex'),
])
const oneHeader = Buffer.concat([
  Buffer.from('0000003d0000002007fd83960c', 'hex'),
  Buffer.from('content-type'),
  Buffer.from('070010', 'hex'),
  Buffer.from('application/json'),
  Buffer.from("{'foo':'bar'}"),
  Buffer.from('8d9c08b1', 'hex'),
])

/** A message as Amazon's services write it. */
function message(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const bytes = Buffer.from(value)
      return Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        Buffer.from([7, bytes.length >> 8, bytes.length & 255]),
        bytes,
      ])
    }),
  )
  const body = Buffer.from(payload)
  const all = Buffer.alloc(16 + head.length + body.length)
  all.writeUInt32BE(all.length, 0)
  all.writeUInt32BE(head.length, 4)
  all.writeUInt32BE(crc32(all.subarray(0, 8)), 8)
  head.copy(all, 12)
  body.copy(all, 12 + head.length)
  all.writeUInt32BE(crc32(all.subarray(0, -4)), all.length - 4)
  return all
}
const event = (name: string, payload: object) =>
  message(
    { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  )

const readAll = (...chunks: readonly Buffer[]): StreamFrame[] => {
  const read = awsEventStream.reader()
  return chunks.flatMap((chunk) => read(chunk))
}

describe('a binary event stream', () => {
  test('is read as the format’s own test vectors say', () => {
    expect(readAll(noHeaders, oneHeader)).toEqual([{ text: "{'foo':'bar'}" }, { text: "{'foo':'bar'}" }])
  })

  const stream = Buffer.concat([
    event('messageStart', { role: 'assistant' }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'häll' } }),
    event('metadata', { usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 }, metrics: { latencyMs: 1 } }),
  ])
  const whole = readAll(stream)

  test('gives the same events wherever it is split', () => {
    expect(whole.map(({ name }) => name)).toEqual(['messageStart', 'contentBlockDelta', 'metadata'])
    expect(JSON.parse(whole[1]?.text ?? '')).toMatchObject({ delta: { text: 'häll' } })
    for (let at = 1; at < stream.length; at++)
      expect(readAll(stream.subarray(0, at), stream.subarray(at))).toEqual(whole)
    expect(readAll(...Array.from(stream, (_, at) => stream.subarray(at, at + 1)))).toEqual(whole)
  })

  test('does not keep the bytes of a chunk that belongs to somebody else', () => {
    const read = awsEventStream.reader()
    const first = Buffer.from(stream.subarray(0, 40))
    read(first)
    first.fill(0)
    expect(read(stream.subarray(40)).at(-1)).toEqual(whole.at(-1))
  })

  test('of which a bit was changed in a length, or that is none, ends the reading without an error', () => {
    for (let bit = 0; bit < 64; bit++) {
      const changed = Buffer.from(stream)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(readAll(changed)).toEqual([])
    }
    expect(readAll(Buffer.from('data: {"a":1}\n\n'.repeat(9)), stream)).toEqual([])
  })

  test('tells of exceptions and errors by name', () => {
    const exception = message(
      { ':message-type': 'exception', ':exception-type': 'throttlingException' },
      '{"message":"Too many requests"}',
    )
    const error = message({ ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'no' }, '')
    const [thrown, failed] = readAll(exception, error) as [StreamFrame, StreamFrame]
    const opening = ({ name, text }: StreamFrame) =>
      bedrock.readStreamOpening({ ...(name !== undefined && { name }), data: JSON.parse(text) })
    expect(opening(thrown)).toMatchObject({ class: 'rate_limited', code: 'throttlingException' })
    expect(opening(failed)).toMatchObject({ class: 'provider_error', code: 'InternalFailure' })
    expect(opening(whole[0] as StreamFrame)).toBe('preamble')
    expect(opening(whole[1] as StreamFrame)).toBe('content')
  })

  test('of InvokeModel carries the model maker’s own events, and Amazon’s counts in the last', () => {
    const metrics = { inputTokenCount: 11, outputTokenCount: 7, invocationLatency: 5 }
    const own = { type: 'message_stop', 'amazon-bedrock-invocationMetrics': metrics }
    const [frame] = readAll(event('chunk', { bytes: Buffer.from(JSON.stringify(own)).toString('base64'), p: 'abc' }))
    expect(JSON.parse(frame?.text ?? '')).toEqual(own)
    expect(bedrock.usage.read('"amazon-bedrock-invocationMetrics"', metrics)).toEqual({
      inputTokens: 11,
      outputTokens: 7,
    })
  })
})

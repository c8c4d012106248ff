import { expect, test } from 'vitest'
import { DeliveredText, estimateAsked } from './delivered-text.ts'

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const stream = [
  event({ choices: [{ delta: { content: 'a'.repeat(40) } }] }),
  event({ choices: [{ delta: { tool_calls: [{ function: { arguments: 'b'.repeat(40) } }] } }] }),
  event({ type: 'content_block_delta', delta: { type: 'text_delta', text: `${'c'.repeat(36)}"\\"` } }),
].join('')

function tokens(pieces: readonly Buffer[]): number {
  const text = new DeliveredText()
  for (const piece of pieces) text.feed(piece)
  return text.tokens
}

test('a stream’s tokens are about a quarter of its texts’ bytes, and none of what stands around them', () => {
  expect(tokens([Buffer.from(stream)])).toBe(Math.ceil((40 + 40 + 36 + 6) / 4))
  expect(tokens([Buffer.from(event({ id: 'x'.repeat(500), model: 'y'.repeat(500) }))])).toBe(0)
})

test('a text or its name that is split over chunks, in pieces of any size, is counted through', () => {
  const bytes = Buffer.from(stream)
  for (let at = 1; at < bytes.length; at++)
    expect(tokens([bytes.subarray(0, at), bytes.subarray(at)]), `split at ${at}`).toBe(tokens([bytes]))
  for (let size = 1; size < 60; size++) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    )
    expect(tokens(pieces), `pieces of ${size}`).toBe(tokens([bytes]))
  }
})

test('a request’s texts are counted and its pictures are not', () => {
  const body = {
    messages: [{ content: [{ type: 'text', text: 'd'.repeat(80) }, { image_url: { url: 'e'.repeat(9_000) } }] }],
  }
  expect(estimateAsked([Buffer.from(JSON.stringify(body))])).toBe(20)
})

test('texts in lists are counted one by one, and nothing behind their list', () => {
  const asked = (body: string) => estimateAsked([Buffer.from(body)])
  expect(asked('{"input":["1234","5678" , "\\"90a"],"model":"none of it","stop":["nor","this"]}')).toBe(4)
  expect(asked('{"texts":[],"input":[[1,2],"x"]}')).toBe(0)
  expect(asked('{"requests":[{"content":{"parts":[{"text":"1234"}]}},{"content":{"parts":[{"text":"5678"}]}}]}')).toBe(
    2,
  )
  expect(asked('{"input":["1234","56')).toBe(2)
})

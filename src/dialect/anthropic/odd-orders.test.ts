import { expect, test } from 'vitest'
import { eventsOf, translated } from '../../../test/support/every-split.ts'
import { translateEvents } from '../event-stream.ts'
import { messageEvents } from './stream.ts'

/** Streams as servers that imitate Anthropic write them. */

interface Chunk {
  choices: { delta: Record<string, unknown>; finish_reason: string | null }[]
  usage?: Record<string, unknown>
}

function chunksOf(...events: object[]): Chunk[] {
  const bytes = Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
  const translation = messageEvents({ created: 1, model: 'm', includeUsage: true, asJson: false })
  return eventsOf(translated(translateEvents(translation), [bytes])) as Chunk[]
}
const deltasOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ choices = [] }) => choices.map(({ delta }) => delta))
const endOf = (chunks: readonly Chunk[]) => chunks.find(({ choices }) => choices?.[0]?.finish_reason)?.choices[0]

const start = { type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 5, output_tokens: 1 } } }
const stop = { type: 'message_stop' }
const end = (stop_reason: string | null, usage: object = { output_tokens: 9 }) => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage,
})

test('blocks that nobody ends are over with the message', () => {
  const thinking = { type: 'thinking', thinking: 'hm', signature: 'c2ln' }
  const called = (name: string, input: object) => ({ type: 'tool_use', id: name, name, input })
  const chunks = chunksOf(
    start,
    { type: 'content_block_start', index: 0, content_block: thinking },
    { type: 'content_block_start', index: 1, content_block: called('look', { at: 1 }) },
    { type: 'content_block_start', index: 2, content_block: called('now', {}) },
    end('tool_use'),
    stop,
  )
  expect(deltasOf(chunks)).toEqual(
    expect.arrayContaining([
      { thinking_blocks: [thinking] },
      { tool_calls: [{ index: 0, function: { arguments: '{"at":1}' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    ]),
  )
  expect(endOf(chunks)?.finish_reason).toBe('tool_calls')
})

test('a thought may begin with words', () => {
  const block = { type: 'thinking', thinking: 'First ', signature: '' }
  const delta = { type: 'thinking_delta', thinking: 'this.' }
  const chunks = chunksOf(
    start,
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    end('end_turn'),
    stop,
  )
  expect(deltasOf(chunks)).toEqual([
    { role: 'assistant', content: '', refusal: null },
    { reasoning_content: 'First ' },
    { reasoning_content: 'this.' },
    { thinking_blocks: [{ ...block, thinking: 'First this.' }] },
    {},
  ])
})

test('counts that were never filled in take nothing back, as in the books', () => {
  const chunks = chunksOf(start, end('end_turn', { input_tokens: 0, output_tokens: 9 }), stop)
  expect(chunks.find(({ usage }) => usage)?.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 9 })
})

test.each([
  ['with its last event', [stop]],
  ['without its last event', []],
])('what is told last as null takes nothing back, %s', (_how, last) => {
  const chunks = chunksOf(start, end('max_tokens'), end(null, { input_tokens: null, output_tokens: 9 }), ...last)
  expect(endOf(chunks)?.finish_reason).toBe('length')
  expect(chunks.find(({ usage }) => usage)?.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 9 })
})

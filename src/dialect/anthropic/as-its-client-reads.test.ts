/** A stream means to OpenAI's client, translated, what it means to Anthropic's as it came, and what the whole answer means. */
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { eventsOf as chunksIn, translated } from '../../../test/support/every-split.ts'
import { findProvider, type Provider } from '../../providers/index.ts'
import { translateEvents } from '../event-stream.ts'
import { translateRequest } from '../translate-request.ts'
import { messageAnswer } from './answer.ts'
import { messageEvents } from './stream.ts'

interface Block {
  begin: { type: string; [field: string]: unknown }
  deltas: object[]
}
const inPieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 5 })

const text = inPieces.map(
  (pieces): Block => ({
    begin: { type: 'text', text: '' },
    deltas: pieces.map((one) => ({ type: 'text_delta', text: one })),
  }),
)
const thinking = inPieces.map((pieces): Block => {
  const deltas = pieces.map((one) => ({ type: 'thinking_delta', thinking: one }))
  const signature = { type: 'signature_delta', signature: `signed ${pieces.length}` }
  return { begin: { type: 'thinking', thinking: '', signature: '' }, deltas: [...deltas, signature] }
})
const hidden = fc.base64String().map((data): Block => ({ begin: { type: 'redacted_thinking', data }, deltas: [] }))
const call = fc
  .record({
    id: fc.uuid(),
    input: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    size: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ id, input, size }): Block => {
    const pieces = JSON.stringify(input).match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    const deltas = ['', ...pieces].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    return { begin: { type: 'tool_use', id, name: 'look', input: {} }, deltas }
  })

const answers = fc.record({
  blocks: fc.array(fc.oneof(text, thinking, hidden, call), { maxLength: 6 }),
  stop: fc.constantFrom('end_turn', 'max_tokens', 'tool_use', 'refusal'),
  asked: fc.record({ input_tokens: fc.nat(999), cache_read_input_tokens: fc.option(fc.nat(99)) }),
  output_tokens: fc.nat(999),
  noise: fc.constantFrom([], [{ type: 'ping' }], [{ type: 'event_of_tomorrow', delta: { text: 'no' } }]),
})
type Answer = typeof answers extends fc.Arbitrary<infer T> ? T : never

function eventsOf({ blocks, stop, asked, output_tokens, noise }: Answer): object[] {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: asked }
  return [
    { type: 'message_start', message },
    ...blocks.flatMap(({ begin, deltas }, index) => [
      { type: 'content_block_start', index, content_block: begin },
      ...deltas.flatMap((delta) => [...noise, { type: 'content_block_delta', index, delta }]),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens } },
    { type: 'message_stop' },
  ]
}
const written = (events: readonly object[]): string =>
  events.map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** A client's network, on which this one stream comes. */
const answering = (stream: string) => ({
  apiKey: 'none',
  maxRetries: 0,
  fetch: async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
})
const messages = [{ role: 'user' as const, content: 'Hi' }]

test('whatever blocks it has', async () => {
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      const native = written(eventsOf(answer))
      const told = await new Anthropic(answering(native)).messages
        .stream({ model: 'm', max_tokens: 9, messages })
        .finalMessage()
      const events = translateEvents(messageEvents({ created: 1, model: 'm', includeUsage: true, asJson: false }))
      const streamed = await new OpenAI(answering(translated(events, [Buffer.from(native)]))).chat.completions
        .stream({ model: 'm', messages })
        .finalChatCompletion()
      const whole = messageAnswer(Buffer.from(JSON.stringify(told)), { created: 1, asJson: false })
      const { message, finish_reason } = JSON.parse(whole.body.toString()).choices[0]
      const read = streamed.choices[0]
      expect(read?.finish_reason).toBe(finish_reason)
      expect(read?.message.content ?? '').toBe(message.content ?? '')
      expect(read?.message.refusal ?? null).toBe(message.refusal)
      expect(Object(read?.message).thinking_blocks).toEqual(message.thinking_blocks)
      expect(callsIn(read?.message)).toEqual(callsIn(message))
      expect(callsIn(message)).toEqual(
        told.content.flatMap((block) => (block.type === 'tool_use' ? [{ id: block.id, input: block.input }] : [])),
      )
      expect(streamed.usage).toEqual(JSON.parse(whole.body.toString()).usage)
    }),
    { numRuns: 200 },
  )
})

/** The words of one answer are one text in OpenAI's messages, and stand before its calls. */
const isOrderly = ({ blocks }: Answer): boolean => {
  const types = blocks.map(({ begin }) => begin.type).filter((type) => type === 'text' || type === 'tool_use')
  return types.lastIndexOf('text') < 1
}

test('an answer that is sent back is the one that came, its thoughts between its calls', () => {
  const provider = findProvider('anthropic') as Provider
  fc.assert(
    fc.property(answers.filter(isOrderly), (answer) => {
      const events = translateEvents(messageEvents({ created: 1, model: 'm', includeUsage: true, asJson: false }))
      const chunks = chunksIn(translated(events, [Buffer.from(written(eventsOf(answer)))]))
      const thoughts = chunks.map((chunk) => Object(chunk).choices?.[0]?.delta.thinking_blocks).find(Boolean)
      const content = contentOf(answer)
      const whole = messageAnswer(Buffer.from(JSON.stringify({ content })), { created: 1, asJson: false })
      const { message } = JSON.parse(whole.body.toString()).choices[0]
      const streamed = { ...message, thinking_blocks: thoughts }
      for (const answered of [message, streamed]) {
        const body = Buffer.from(JSON.stringify({ messages: [...messages, { ...answered, refusal: null }] }))
        const call = { route: 'chat/completions', contentType: 'application/json', body } as const
        const sent = JSON.parse(translateRequest(call, { provider, model: 'm', created: 1 }).body.toString())
        expect(sent.messages[1]?.content ?? []).toEqual(content.filter(isSaid))
      }
    }),
    { numRuns: 300 },
  )
})

/** Anthropic refuses blank words. */
const isSaid = (block: object): boolean => Object(block).text?.trim() !== ''

const contentOf = ({ blocks }: Answer): object[] =>
  blocks.map(({ begin, deltas }) => {
    const all = (field: string) => deltas.map((delta) => Object(delta)[field] ?? '').join('')
    if (begin.type === 'text') return { ...begin, text: all('text') }
    if (begin.type === 'thinking') return { ...begin, thinking: all('thinking'), signature: all('signature') }
    return begin.type === 'tool_use' ? { ...begin, input: JSON.parse(all('partial_json')) } : begin
  })

function callsIn(message: OpenAI.ChatCompletionMessage | undefined) {
  return (message?.tool_calls ?? []).map((made) => ({
    id: made.id,
    input: JSON.parse(Object(made).function.arguments),
  }))
}

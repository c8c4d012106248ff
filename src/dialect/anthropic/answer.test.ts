import { describe, expect, test } from 'vitest'
import { finishOf, messageAnswer, refusalOf } from './answer.ts'

describe('why Anthropic’s model stopped', () => {
  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['a_reason_of_tomorrow', 'stop'],
    [null, 'stop'],
  ])('%s is told as %s', (reason, finish) => {
    expect(finishOf(reason, false)).toBe(finish)
  })

  test('is no call where the call was the answer’s text, and is told as it is where that text was cut', () => {
    expect(finishOf('tool_use', true)).toBe('stop')
    expect(finishOf('max_tokens', true)).toBe('length')
  })

  test.each([
    [{ explanation: 'I will not.', category: 'cyber' }, 'I will not.'],
    [{ explanation: '', category: 'cyber' }, 'The model refused to answer (cyber).'],
    [{}, 'The model refused to answer.'],
    [null, 'The model refused to answer.'],
  ])('by a refusal of %j is said as %j', (details, said) => {
    expect(refusalOf({ stop_reason: 'refusal', stop_details: details })).toBe(said)
    expect(refusalOf({ stop_reason: 'end_turn', stop_details: details })).toBeUndefined()
  })
})

test.each([
  [{ at: { x: 1 } }, '{"at":{"x":1}}'],
  [undefined, '{}'],
])('a call with the input %j carries it as text', (input, text) => {
  const message = { content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input }], stop_reason: 'tool_use' }
  const { body } = messageAnswer(Buffer.from(JSON.stringify(message)), { created: 0, asJson: false })
  expect(JSON.parse(body.toString()).choices[0].message.tool_calls[0].function.arguments).toBe(text)
})

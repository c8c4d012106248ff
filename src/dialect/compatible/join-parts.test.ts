import { describe, expect, test } from 'vitest'
import { eventsOf, everySplit, translated } from '../../../test/support/every-split.ts'
import { findProvider, type Provider } from '../../providers/index.ts'
import { translateRequest } from '../translate-request.ts'

function answerOf(request: object) {
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...request }))
  const call = { route: 'chat/completions', contentType: 'application/json', body } as const
  return translateRequest(call, { provider: findProvider('mistral') as Provider, model: 'm', created: 0 }).answer
}
const thought = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }], closed: true })
const words = (text: string) => ({ type: 'text', text })
const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }

describe('Mistral’s answer in parts', () => {
  test('is one text, and its thoughts beside it', () => {
    const message = {
      role: 'assistant',
      content: [thought('h'), thought('m'), words('Two'), words('.')],
      tool_calls: null,
    }
    const answer = { id: 'a', choices: [{ index: 0, message, finish_reason: 'stop' }], usage }
    const told = answerOf({}).whole?.(Buffer.from(JSON.stringify(answer)))
    expect(JSON.parse(told?.body.toString() ?? '')).toEqual({
      id: 'a',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Two.', reasoning_content: 'hm', tool_calls: null },
          finish_reason: 'stop',
        },
      ],
      usage,
    })
  })

  test('streams so, wherever its bytes are split, with its counts where they are asked for', () => {
    const chunks = [
      { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
      { choices: [{ index: 0, delta: { content: [thought('hü')] } }] },
      { choices: [{ index: 0, delta: { content: [words('Two')] } }] },
      { choices: [{ index: 0, delta: { content: '.' }, finish_reason: 'stop' }], usage },
    ]
    const bytes = Buffer.from(
      [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\r\n\r\n`).join(''),
    )
    for (const include_usage of [true, false])
      for (const pieces of everySplit(bytes)) {
        const stream = answerOf({ stream: true, stream_options: { include_usage } }).stream?.()
        expect(stream && eventsOf(translated(stream, pieces))).toEqual([
          { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
          { choices: [{ index: 0, delta: { content: '', reasoning_content: 'hü' } }] },
          { choices: [{ index: 0, delta: { content: 'Two' } }] },
          {
            choices: [{ index: 0, delta: { content: '.' }, finish_reason: 'stop' }],
            ...(include_usage && { usage }),
          },
          '[DONE]',
        ])
      }
  })
})

test('an answer without parts stays byte for byte; what is none is refused', () => {
  const whole = (text: string) => answerOf({}).whole?.(Buffer.from(text)).body.toString()
  const plain = '{ "choices":[ {"message":{"content":"\\u00e4 \\"content\\": ["}} ] }'
  expect(whole(plain)).toBe(plain)
  expect(() => whole('<html>')).toThrow()
  expect(() => whole('{}')).toThrow()
})

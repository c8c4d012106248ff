import { describe, expect, test } from 'vitest'
import { eventsOf, everySplit, translated } from '../../../test/support/every-split.ts'
import { findProvider, type Provider } from '../../providers/index.ts'
import { translateRequest } from '../translate-request.ts'

function translate(request: object, providerId = 'gemini') {
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Draw' }], ...request }))
  const call = { route: 'chat/completions', contentType: 'application/json', body } as const
  const provider = findProvider(providerId) as Provider
  const message = translateRequest(call, { provider, model: 'gemini-2.5-flash-image', created: 1_750_000_000 })
  return { message, sent: JSON.parse(message.body.toString()) as Record<string, never> }
}

const drawn = (data: string, more: object = {}) => ({ inlineData: { mimeType: 'image/png', data }, ...more })
const answer = {
  candidates: [
    {
      content: {
        role: 'model',
        parts: [
          drawn('ZHJhZnQ=', { thought: true }),
          { text: 'Here: ' },
          drawn('AAAA', { thoughtSignature: 'c2ln' }),
          { text: 'and' },
          drawn('BBBB'),
        ],
      },
      finishReason: 'STOP',
    },
  ],
}
const signed = { extra_content: { google: { thought_signature: 'c2ln' } } }
const first = { type: 'image_url', index: 0, image_url: { url: 'data:image/png;base64,AAAA' }, ...signed }
const second = { type: 'image_url', index: 1, image_url: { url: 'data:image/png;base64,BBBB' } }

describe('pictures in Gemini’s answer', () => {
  test('stand beside the text, without the drafts', () => {
    const whole = translate({}).message.answer.whole?.(Buffer.from(JSON.stringify(answer)))
    expect(JSON.parse(whole?.body.toString() ?? '').choices).toMatchObject([
      { finish_reason: 'stop', message: { content: 'Here: and', images: [first, second] } },
    ])
  })

  test('come in a stream as they are made, counted through, wherever its bytes are split', () => {
    const last = { candidates: [{ finishReason: 'STOP' }] }
    const parts = answer.candidates[0]?.content.parts ?? []
    const said = [...parts.map((part) => ({ candidates: [{ content: { parts: [part] } }] })), last]
    const bytes = Buffer.from(said.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join(''))
    const told = (pieces: readonly Buffer[]) => {
      const translation = translate({ stream: true }).message.answer.stream?.()
      if (translation === undefined) throw new Error('a stream was asked for')
      return translated(translation, pieces)
    }
    const events = eventsOf(told([bytes])) as { choices?: { delta: unknown }[] }[]
    expect(events.flatMap(({ choices = [] }) => choices.map(({ delta }) => delta))).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'Here: ' },
      { images: [first] },
      { content: 'and' },
      { images: [second] },
      {},
    ])
    for (const pieces of everySplit(bytes)) expect(told(pieces)).toBe(told([bytes]))
  })

  test('that came to nothing are no whole answer', () => {
    const none = { candidates: [{ content: {}, finishReason: 'NO_IMAGE' }] }
    const whole = translate({}).message.answer.whole?.(Buffer.from(JSON.stringify(none)))
    expect(JSON.parse(whole?.body.toString() ?? '').choices[0].finish_reason).toBe('content_filter')
  })
})

describe('a request', () => {
  const messages = [
    { role: 'user', content: 'Draw' },
    { role: 'assistant', content: 'Here: ', images: [first, second] },
    { role: 'user', content: 'Bluer' },
  ]

  test('that sends an answer’s pictures back gives them to the model as its own, with their signatures', () => {
    expect(translate({ messages }).sent['contents']).toEqual([
      { role: 'user', parts: [{ text: 'Draw' }] },
      { role: 'model', parts: [{ text: 'Here: ' }, drawn('AAAA', { thoughtSignature: 'c2ln' }), drawn('BBBB')] },
      { role: 'user', parts: [{ text: 'Bluer' }] },
    ])
  })

  test('that sends them to a provider that has none is refused by name', () => {
    expect(() => translate({ messages }, 'anthropic')).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ field: 'messages[1].images[0]' }) }),
    )
    const wrong = [{ role: 'assistant', content: 'x', images: [{ type: 'text', text: 'x' }] }]
    expect(() => translate({ messages: wrong })).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ field: 'messages[0].images[0].type' }) }),
    )
  })

  test('asks for pictures in OpenAI’s words', () => {
    expect(translate({ modalities: ['text', 'image'] }).sent['generationConfig']).toEqual({
      responseModalities: ['TEXT', 'IMAGE'],
    })
    expect(translate({ modalities: ['text'] }).sent['generationConfig']).toEqual({})
    expect(() => translate({ modalities: ['text', 'audio'] })).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ field: 'modalities' }) }),
    )
    expect(() => translate({ modalities: ['image'] }, 'anthropic')).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ field: 'modalities' }) }),
    )
  })
})

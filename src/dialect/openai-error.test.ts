import { describe, expect, test } from 'vitest'
import recorded from '../providers/fixtures/errors.json' with { type: 'json' }
import { type Failure, findProvider } from '../providers/index.ts'
import { toOpenaiError } from './openai-error.ts'

interface RecordedError {
  provider: string
  case: string
  status: number
  body: unknown
  in_stream?: boolean
  transport?: string
  class: Failure['class']
}
const errors = (recorded as unknown as readonly RecordedError[]).filter(
  (one) => one.transport === undefined && findProvider(one.provider) !== undefined,
)

describe('every recorded failure is told in OpenAI’s shape', () => {
  test.each(errors.map((one) => [`${one.provider}: ${one.case}`, one] as const))('%s', (_name, one) => {
    const provider = findProvider(one.provider)
    if (provider === undefined) throw new Error('no such provider')
    const text = one.body === null ? '' : JSON.stringify(one.body)
    const body = Buffer.from(one.in_stream ? `event: error\ndata: ${text}\n\n` : text)
    const status = one.in_stream ? 200 : one.status
    const told = toOpenaiError({
      status,
      body,
      contentType: 'application/json',
      failure: { class: one.class },
      provider,
    })
    const { error } = JSON.parse(told.body.toString()) as { error: Record<string, unknown> }
    expect(told.status).toBe(one.in_stream ? told.status : one.status)
    expect(told.status).toBeGreaterThanOrEqual(400)
    for (const field of ['message', 'type', 'code']) expect(error[field], field).toEqual(expect.stringMatching(/./))
    // The provider's own sentence is there, wherever it stood.
    if (text !== '' && /"(?:message|Message|msg|err_msg)":"/.test(text))
      expect(text).toContain(JSON.stringify(error['message']).slice(1, -1))
  })
})

describe('bodies that are no JSON', () => {
  const provider = findProvider('deepgram')
  const told = (body: string) =>
    JSON.parse(
      toOpenaiError({
        status: 502,
        body: Buffer.from(body),
        contentType: '',
        failure: { class: 'provider_error' },
        provider: provider ?? { name: '', dialect: 'openai' },
      }).body.toString(),
    ).error.message

  test('say what they say as text, and nothing of a page', () => {
    expect(told('Not Found')).toBe('Not Found')
    expect(told('<html><body>Bad gateway</body></html>')).toBe('Deepgram answered 502 without an explanation.')
    expect(told('event: error\ndata: something bad\n\n')).toBe('something bad')
    expect(told('event: ping\ndata: {"type":"ping"}\n\nevent: error\ndata: "something bad"\n\n')).toBe('something bad')
    expect(told('event: error\ndata: something\ndata: bad\n\n')).toBe('something\nbad')
    expect(told('event: error\ndata: <html></html>\n\n')).toBe('Deepgram answered 502 without an explanation.')
    expect(told('')).toBe('Deepgram answered 502 without an explanation.')
    expect(told('{"detail":[{"loc":["body"],"msg":"field required"},{"msg":"too long"}]}')).toBe(
      'field required; too long',
    )
  })
})

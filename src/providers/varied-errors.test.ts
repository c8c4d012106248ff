import { describe, expect, it } from 'vitest'
import type { ErrorClass } from '../contract/index.ts'
import { findProvider } from './catalogue.ts'
import recorded from './fixtures/errors.json' with { type: 'json' }
import { parseBody } from './parse-answer.ts'
import type { Provider } from './provider.ts'

/** Every recorded failure in the wrappers, framings and spellings that the next gateway may give it. */

interface RecordedError {
  provider: string
  case: string
  status: number
  headers?: Record<string, string | null>
  body: unknown
  in_stream?: boolean
  transport?: 'websocket'
  class: ErrorClass
}
type Json = Record<string, unknown>
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const errors = (recorded as unknown as readonly RecordedError[]).filter(({ transport }) => transport === undefined)
const providerOf = (id: string): Provider => findProvider(id === 'google-cloud-api' ? 'vertex' : id) as Provider
const one = (body: unknown): Json => (Array.isArray(body) ? body[0] : body) as Json
/** The error without its wrapper. */
const bare = (body: unknown): Json => {
  const { error, detail } = one(body)
  return isRecord(error) ? error : isRecord(detail) ? detail : one(body)
}
const capital = (value: Json): Json =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name.charAt(0).toUpperCase() + name.slice(1), field]),
  )

const wrapped: Readonly<Record<string, (body: unknown) => unknown>> = {
  'as it was': (body) => body,
  'in a list': (body) => [one(body)],
  'behind content in a list': (body) => [{ candidates: [] }, one(body)],
  'in `error`': (body) => ({ error: bare(body) }),
  'in `error.error`': (body) => ({ error: { error: bare(body) } }),
  'whole in `error`': (body) => ({ error: one(body) }),
  'in nothing': bare,
  'in `detail`': (body) => ({ detail: bare(body) }),
  'in a list in `detail`': (body) => ({ detail: [bare(body)] }),
  'in `errors`': (body) => ({ errors: [bare(body)] }),
  'in `message`': (body) => ({ message: bare(body) }),
  'in `data` of a socket’s error': (body) => ({ type: 'error', data: bare(body) }),
  'in a failed response': (body) => ({ type: 'response.failed', response: { error: bare(body) } }),
  'as a JSON text': (body) => JSON.stringify(one(body)),
  'as a JSON text in `error`': (body) => ({ error: JSON.stringify(one(body)) }),
  'as a JSON text in `message`': (body) => ({ error: { message: JSON.stringify(one(body)) } }),
  'with capital letters': (body) => capital(one(body)),
}
const framed: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  'behind a byte-order mark': (text) => `\uFEFF${text}`,
  'between empty lines': (text) => `\r\n\n${text}\n\n`,
  'as an event': (text) => `data: ${text}\n\n`,
  'as an event of several lines': (text) => {
    const lines = JSON.stringify(JSON.parse(text), null, 1).split('\n')
    return `${lines.map((line) => `data: ${line}\n`).join('')}\n`
  },
  'behind a name and without `data:`': (text) => `event: error\n${text}\n\n`,
  'as a named event with CRLF': (text) => `event: error\r\ndata: ${text}\r\n\r\n`,
}

describe.each(Object.entries(wrapped))('a recorded failure %s', (_how, wrap) => {
  it.each(Object.entries(framed))('%s is of its class', (_frame, frame) => {
    const wrong = errors
      .filter(({ in_stream }) => in_stream !== true)
      .filter(({ provider, status, headers = {}, body, class: expected }) => {
        const known = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? undefined]))
        const answer = { status, headers: known, body: parseBody(frame(JSON.stringify(wrap(body)))) }
        return providerOf(provider).readFailure(answer)?.class !== expected
      })
    expect(wrong.map(({ provider, case: name }) => `${provider} ${name}`)).toEqual([])
  })
})

/** Every code that is spelled with underscores, spelled otherwise. */
const spelled = (body: unknown, change: (code: string) => string): unknown => {
  const words = /"(code|type|status|reason|err_code|error_code)":"([A-Za-z]+(?:_[A-Za-z]+)+)"/g
  return JSON.parse(JSON.stringify(body).replace(words, (_, name, code) => `"${name}":"${change(code)}"`))
}

describe('a recorded failure whose codes are spelled', () => {
  it.each<[string, (code: string) => string]>([
    ['with hyphens', (code) => code.replaceAll('_', '-')],
    ['in capitals', (code) => code.toUpperCase()],
    ['as one word', (code) => code.toLowerCase().replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())],
  ])('%s is of its class', (_how, change) => {
    const wrong = errors
      .filter(({ in_stream }) => in_stream !== true)
      .filter(({ provider, status, headers = {}, body, class: expected }) => {
        const known = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? undefined]))
        return (
          providerOf(provider).readFailure({ status, headers: known, body: spelled(body, change) })?.class !== expected
        )
      })
    expect(wrong.map(({ provider, case: name }) => `${provider} ${name}`)).toEqual([])
  })
})

describe('a failure whose code and type do not agree', () => {
  it.each([
    ['rate_limit_exceeded', 'server_error', 'rate_limited'],
    ['rate_limit_exceeded', 'api_error', 'rate_limited'],
    ['rate_limit_exceeded', 'authentication_error', 'rate_limited'],
    ['server_error', 'rate_limit_error', 'provider_error'],
    ['server_is_overloaded', 'permission_error', 'provider_error'],
    ['invalid_request_error', 'authentication_error', 'invalid_key'],
  ])('%s of the type %s is told by its code, unless that says nothing: %s', (code, type, expected) => {
    const body = { error: { message: 'x', type, param: null, code } }
    for (const id of ['openai', 'groq', 'deepseek', 'together', 'azure-openai']) {
      expect([id, providerOf(id).readFailure({ status: 429, headers: {}, body })?.class]).toEqual([id, expected])
      expect([id, providerOf(id).readStreamOpening({ data: body })]).toEqual([
        id,
        expect.objectContaining({ class: expected }),
      ])
    }
  })

  it('is a rate limit also under the status of a refusal', () => {
    const body = { error: { message: 'x', type: null, param: null, code: 'rate_limit_exceeded' } }
    for (const status of [400, 401, 403, 429])
      expect(providerOf('openai').readFailure({ status, headers: {}, body })?.class).toBe('rate_limited')
  })
})

describe('a recorded failure that comes in a stream', () => {
  // Sarvam's one code means two things, and only the status tells which; Amazon names the exception in the event's head.
  const told = errors.filter(
    ({ provider, case: name, headers }) =>
      !(provider === 'sarvam' && name === 'overloaded') && headers?.['x-amzn-errortype'] === undefined,
  )
  const inStream = ['as it was', 'in a list', 'in `error`', 'in `error.error`', 'in `detail`', 'in a failed response']
  for (const how of inStream) {
    for (const name of ['error', undefined]) {
      it(`${how}, ${name === undefined ? 'without a name' : 'in an event named error'}, is of its class`, () => {
        const wrong = told.filter(({ provider, body, class: expected }) => {
          const data = wrapped[how]?.(body)
          const opening = providerOf(provider).readStreamOpening(name === undefined ? { data } : { name, data })
          return typeof opening !== 'object' || opening.class !== expected
        })
        expect(wrong.map(({ provider, case: what }) => `${provider} ${what}`)).toEqual([])
      })
    }
  }
})

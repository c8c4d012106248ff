import { describe, expect, it } from 'vitest'
import { findProvider } from './catalogue.ts'
import { openaiCompatible } from './custom-endpoint.ts'
import type { Failure } from './failure.ts'
import described from './fixtures/described-errors.json' with { type: 'json' }
import { parseBody } from './parse-answer.ts'

/** One failure as a provider's documents and users describe it, with all that Ownkey must read from it. */
interface DescribedError {
  provider: string
  status: number
  headers?: Record<string, string>
  body: unknown
  /** null: no failure at all. */
  means: Failure | null
}

const describedErrors = described as unknown as readonly DescribedError[]

const bytesOf = (body: unknown): Uint8Array =>
  new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))

describe('a failure that is described without a record of it', () => {
  it.each(
    describedErrors.map(
      (error, index) =>
        [`${index} ${error.provider} ${error.status} ${JSON.stringify(error.body).slice(0, 60)}`, error] as const,
    ),
  )(
    '%s is read whole: class, cause, code, scope and wait',
    (_name, { provider, status, headers = {}, body, means }) => {
      const failure = findProvider(provider)?.readFailure({ status, headers, body: parseBody(bytesOf(body)) })
      expect(failure ?? null).toEqual(means)
    },
  )

  it('waits as long as OpenRouter’s own reset says', () => {
    const body = {
      error: {
        code: 429,
        message: 'slow',
        metadata: { headers: { 'X-RateLimit-Reset': String(Date.now() + 60_000) } },
      },
    }
    const wait = findProvider('openrouter')?.readFailure({ status: 429, headers: {}, body })?.retryAfterMs
    expect(wait).toBeGreaterThan(50_000)
    expect(wait).toBeLessThanOrEqual(60_000)
  })
})

describe('a body that nobody described', () => {
  const unknown = openaiCompatible({ id: 'own', name: 'Own', origin: 'https://own.test' })
  it.each([
    [301, 'provider_error'],
    [307, 'provider_error'],
    [400, 'request_invalid'],
    [401, 'invalid_key'],
    [402, 'quota_exhausted'],
    [403, 'permission_denied'],
    [404, 'request_invalid'],
    [408, 'provider_error'],
    [409, 'request_invalid'],
    [413, 'request_invalid'],
    [422, 'request_invalid'],
    [429, 'rate_limited'],
    [500, 'provider_error'],
    [502, 'provider_error'],
    [503, 'provider_error'],
    [504, 'provider_error'],
    [529, 'provider_error'],
    [599, 'provider_error'],
  ] as const)('with %i is read by its status', (status, name) => {
    for (const body of [
      undefined,
      '',
      '<!doctype html><h1>model key credit</h1>',
      'oh',
      {},
      [],
      [1, 2],
      null,
      7,
      { error: null },
      { error: 'no' },
    ]) {
      expect(unknown.readFailure({ status, headers: {}, body })?.class).toBe(name)
    }
  })

  it('with 404 is the model’s where it speaks of one', () => {
    expect(unknown.readFailure({ status: 404, headers: {}, body: { error: 'model "x" not found' } })?.class).toBe(
      'model_unavailable',
    )
    expect(
      unknown.readFailure({ status: 404, headers: {}, body: { detail: 'The model `x` does not exist.' } })?.class,
    ).toBe('model_unavailable')
  })

  it('never tells a code that looks like a secret', () => {
    const code = (word: string) =>
      unknown.readFailure({ status: 400, headers: {}, body: { error: { code: word } } })?.code
    expect(code('sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8t')).toBeUndefined()
    expect(code('AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q')).toBeUndefined()
    expect(code('a sentence about it')).toBeUndefined()
    expect(code('plain_word')).toBe('plain_word')
  })
})

import { describe, expect, test } from 'vitest'
import { failureReader } from './failure-reader.ts'

const { readFailure } = failureReader()
const read = (status: number, error: object, headers: Record<string, string> = {}) =>
  readFailure({ status, headers, body: { error } })

describe('a failure', () => {
  test('tells a wait only where waiting may help', () => {
    const wait = { 'retry-after': '30' }
    expect(read(429, {}, wait)).toMatchObject({ class: 'rate_limited', retryAfterMs: 30_000 })
    for (const status of [400, 401, 403]) expect(read(status, {}, wait)).not.toHaveProperty('retryAfterMs')
  })

  test('tells no code that may be a secret or a text', () => {
    expect(read(400, { code: 'some_new_code' })).toMatchObject({ code: 'some_new_code' })
    for (const code of ['x'.repeat(41), 'abcdefghij123', `a_${'b'.repeat(70)}`, 'two words', 'key:abc'])
      expect(read(400, { code })).not.toHaveProperty('code')
  })

  test('tells no more of a missing permission than its name', () => {
    const details = [{ metadata: { permission: 'p'.repeat(5_000) } }]
    expect(read(403, { status: 'PERMISSION_DENIED', details })?.missing).toHaveLength(120)
  })
})

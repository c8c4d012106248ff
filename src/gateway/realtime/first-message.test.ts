import { describe, expect, test, vi } from 'vitest'
import { Secret } from '../../crypto/index.ts'
import { prepareFirst, textAt, textField } from './first-message.ts'

const text = (data: string, isBinary = false) => ({ data: Buffer.from(data), isBinary })
const credential = { field: 'xi_api_key', secret: new Secret('the-key') }

describe('the first message', () => {
  test('is untouched where nothing is asked of it, or where it has no such field', () => {
    const odd = text('{"text" : " "}')
    expect(prepareFirst(odd, {})).toBe(odd.data)
    expect(prepareFirst(odd, { credential })).toBe(odd.data)
    const bytes = text('\u0001\u0002', true)
    expect(prepareFirst(bytes, { credential })).toBe(bytes.data)
  })

  test('gets the provider’s key for the caller’s, even where the field stands twice or is written with escapes', () => {
    for (const field of [
      '"xi_api_key":"okt_1"',
      '"xi_api_key":"okt_1","xi_api_key":"okt_2"',
      '"xi\\u005fapi_key":"okt_1"',
      '"xi_api_key":{"a":"okt_1"}',
    ])
      expect(prepareFirst(text(`{"text":" ",${field}}`), { credential }).toString()).toBe(
        '{"text":" ","xi_api_key":"the-key"}',
      )
  })

  test('is refused when it names the field and cannot be read', () => {
    expect(() => prepareFirst(text('{"xi_api_key":"okt_1"'), { credential })).toThrow(
      /cannot be understood|JSON object/,
    )
  })

  test('that only opens lists, for megabytes, is refused without being parsed', () => {
    const message = text(`{"a":${'['.repeat(32_000_000)}`)
    const begun = performance.now()
    expect(textField(message, 'xi_api_key')).toBeUndefined()
    expect(() => prepareFirst(message, { model: { path: ['model'], check: () => {} } })).toThrow()
    // Parsing took five seconds and more; a bound against that, not a measure.
    expect(performance.now() - begun).toBeLessThan(2_500)
  })

  test('is written as its model was looked at', () => {
    const check = vi.fn()
    const model = { path: ['setup', 'model'], check }
    const twice = text('{"setup":{"model":"a"},"setup":{"model":"b"}}', true)
    expect(prepareFirst(twice, { model }).toString()).toBe('{"setup":{"model":"b"}}')
    expect(check.mock.calls).toEqual([['b']])
    expect(() => prepareFirst(text('[]'), { model })).toThrow()
  })
})

test('a text at a path is found only among own names', () => {
  expect(textAt({ a: { b: 'c' } }, ['a', 'b'])).toBe('c')
  for (const path of [['a'], ['a', 'x'], ['constructor', 'name'], ['a', 'b', 'length']])
    expect(textAt({ a: { b: 'c' } }, path)).toBeUndefined()
  expect(textField(text('{"k":"v"}'), 'k')).toBe('v')
  expect(textField(text('no json'), 'k')).toBeUndefined()
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogue } from './catalogue.ts'
import { parseBody } from './parse-answer.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a body as it comes', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['\uFEFF {"a":1}\n', { a: 1 }],
    ['[{"error":{"code":400}}]', { error: { code: 400 } }],
    ['[{"candidates":[]},{"error":{"code":503}}]', { error: { code: 503 } }],
    ['[]', []],
    ['"a string"', 'a string'],
    ['plain text', 'plain text'],
    ['<html>no</html>', '<html>no</html>'],
    ['{"cut":', '{"cut":'],
    ['', undefined],
    ['  \n', undefined],
    ['null', null],
    ['not json but begins so', 'not json but begins so'],
  ])('%j', (text, expected) => {
    expect(parseBody(bytes(text), 'text/html')).toEqual(expected)
  })

  it('is decoded by its charset, and by UTF-8 where that is unknown', () => {
    expect(
      parseBody(
        Uint8Array.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xe9, 0x22, 0x7d]),
        'application/json; charset=iso-8859-1',
      ),
    ).toEqual({ a: 'é' })
    expect(parseBody(bytes('{"a":1}'), 'application/json; charset=no-such-thing')).toEqual({ a: 1 })
  })

  it('never throws, and no reader throws on it, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes)),
        fc.integer({ min: 100, max: 599 }),
        (raw, status) => {
          const body = parseBody(raw)
          for (const provider of catalogue) {
            provider.readFailure({ status, headers: {}, body })
            provider.readStreamOpening({ data: body })
            for (const marker of provider.usage.markers) provider.usage.read(marker, body)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

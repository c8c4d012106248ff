import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkedReader } from './chunked-reader.ts'

/** What a reader makes of a body that comes in these pieces. */
function read(pieces: readonly Buffer[]) {
  const reader = new ChunkedReader()
  const payload = Buffer.concat(pieces.map((piece) => Buffer.from(reader.read(Buffer.from(piece)))))
  return { payload: payload.toString('latin1'), isOver: reader.isOver, surplus: reader.surplus }
}

function cut(text: string, at: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const places = [0, ...[...at].sort((a, b) => a - b).map((one) => Math.min(one, bytes.length)), bytes.length]
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end))
}

const body = '5\r\nhello\r\n1;name="v;x"\r\n \r\n00B \r\nworld\r\n\n\0ab\r\n0\r\nTrailer: x\r\nother: y\r\n\r\n'

describe('a chunked body', () => {
  test('is its payload, wherever it is cut', () => {
    const whole = { payload: 'hello world\r\n\n\0ab', isOver: true, surplus: 0 }
    for (let at = 0; at <= body.length; at++) expect(read(cut(body, [at]))).toEqual(whole)
    expect(read([...body].map((letter) => Buffer.from(letter, 'latin1')))).toEqual(whole)
  })

  test('of any chunks comes back as it was sent, in any pieces', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 })
    fc.assert(
      fc.property(chunks, fc.array(fc.nat({ max: 400 })), (parts, at) => {
        const sent = parts.map((part) => Buffer.from(part).toString('latin1'))
        const text = `${sent.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`
        expect(read(cut(text, at))).toEqual({ payload: sent.join(''), isOver: true, surplus: 0 })
      }),
    )
  })

  test('that came in one piece is passed on in one piece', () => {
    expect(new ChunkedReader().read(Buffer.from('1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n')).toString()).toBe('abcd')
  })

  test('does not take what comes behind its end', () => {
    expect(read([Buffer.from('1\r\na\r\n0\r\n\r\nHTTP/1.1 200')])).toEqual({ payload: 'a', isOver: true, surplus: 12 })
  })

  test('may pad each size: only one line is bounded, not all of them', () => {
    const text = `${'1        ;x=y\r\na\r\n'.repeat(5_000)}0\r\n\r\n`
    expect(read([Buffer.from(text)])).toEqual({ payload: 'a'.repeat(5_000), isOver: true, surplus: 0 })
  })

  test('is not over before its last line', () => {
    expect(read([Buffer.from('1\r\na\r\n0\r\n')]).isOver).toBe(false)
  })

  test.each([
    ['no size', '\r\n'],
    ['a sign', '+1\r\na\r\n'],
    ['a prefix', '0x1\r\na\r\n'],
    ['a space before the size', ' 1\r\na\r\n'],
    ['a size without end', 'fffffffffffff\r\n'],
    ['a bare line feed behind the size', '1\na\r\n'],
    ['a bare carriage return', '1\ra\r\n'],
    ['more than its size', '1\r\nab\r\n'],
    ['a line feed in an extension', '1;a\nb\r\n'],
    ['an endless extension', `1;${'a'.repeat(20_000)}\r\n`],
    ['endless trailers', `0\r\n${'a: b\r\n'.repeat(5_000)}\r\n`],
    ['a line feed in a trailer', '0\r\na: b\n\r\n'],
    ['an end that is none', '0\r\n\rx'],
  ])('with %s is refused', (_, text) => {
    expect(() => read([Buffer.from(text)])).toThrow(expect.objectContaining({ code: 'answer_malformed' }))
  })
})

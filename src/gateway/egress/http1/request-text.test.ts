import { describe, expect, test } from 'vitest'
import { renderRequestHead } from './request-text.ts'

const line = { method: 'POST', path: '/v1/x?a=b', host: 'api.test:8443', headers: ['A', 'b'], length: 3 }
const fields = (text: string) => text.split('\r\n').slice(1, -2)

describe('a request’s head', () => {
  test('is what the caller sent, the host, and how the body ends', () => {
    expect(renderRequestHead(line)).toBe(
      'POST /v1/x?a=b HTTP/1.1\r\nhost: api.test:8443\r\nconnection: keep-alive\r\nA: b\r\ncontent-length: 3\r\n\r\n',
    )
  })

  test.each([
    ['a body in pieces', { length: undefined }, 'transfer-encoding: chunked'],
    ['pieces of a known length', { length: undefined, headers: ['Content-Length', '9'] }, 'Content-Length: 9'],
    ['no body where one is usual', { length: 0 }, 'content-length: 0'],
    ['a body where none is usual', { method: 'DELETE' }, 'content-length: 3'],
  ])('%s', (_, change, last) => {
    const text = renderRequestHead({ ...line, ...change })
    expect(fields(text).at(-1)).toBe(last)
    expect(fields(text).filter((field) => /^(content-length|transfer-encoding)/i.test(field))).toHaveLength(1)
  })

  test('of a request without a body says nothing of one', () => {
    expect(fields(renderRequestHead({ ...line, method: 'GET', length: 0 }))).toEqual([
      'host: api.test:8443',
      'connection: keep-alive',
      'A: b',
    ])
  })

  const refused: [string, object][] = [
    ['a line end in the path', { path: '/a\r\nb: c' }],
    ['a space in the path', { path: '/a b' }],
    ['an absolute path', { path: 'http://other/' }],
    ['a letter beyond bytes in the path', { path: '/ł' }],
    ['a space in the method', { method: 'GET /x' }],
    ['a line end in a value', { headers: ['a', 'b\r\nc: d'] }],
    ['a zero byte in a value', { headers: ['a', 'b\0'] }],
    ['a letter beyond bytes in a value', { headers: ['a', 'ł'] }],
    ['a colon in a name', { headers: ['a:b', 'c'] }],
    ['an empty name', { headers: ['', 'c'] }],
    ['a second length', { length: undefined, headers: ['content-length', '3', 'Content-Length', '3'] }],
    ['another length than that of the body', { headers: ['content-length', '4'] }],
    ...['', '+3', '-3', '3.0', '3e0', '0x3', '3, 3', 'x3'].map((length): [string, object] => [
      `the length "${length}"`,
      { length: undefined, headers: ['content-length', length] },
    ]),
    ['a transfer encoding', { headers: ['transfer-encoding', 'chunked'] }],
  ]
  test.each(refused)('%s is refused', (_, change) => {
    expect(() => renderRequestHead({ ...line, ...change })).toThrow(
      expect.objectContaining({ code: 'request_malformed' }),
    )
  })
})

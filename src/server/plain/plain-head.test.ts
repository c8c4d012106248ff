import { describe, expect, test } from 'vitest'
import { readPlainHead } from './plain-head.ts'

const read = (...lines: string[]) => {
  const text = lines.join('\r\n')
  return readPlainHead(Buffer.from(`${text}\r\n\r\nbody`, 'latin1'), text.length)
}

describe('a plain head', () => {
  test('is its line, its fields as they were written, and the length of the body', () => {
    const head = read('POST /v1/x?a=%20b HTTP/1.1', 'Host: x', 'X-A:1', 'x-a: \t two ', 'B:', 'Content-Length: \t12 ')
    expect(head).toEqual({
      method: 'POST',
      url: '/v1/x?a=%20b',
      rawHeaders: ['Host', 'x', 'X-A', '1', 'x-a', 'two', 'B', '', 'Content-Length', '12'],
      length: 12,
    })
  })

  test('without a length has no body', () => {
    expect(read('GET / HTTP/1.1', 'host: x')?.length).toBe(0)
  })

  test('may say that the connection stays open', () => {
    expect(read('GET / HTTP/1.1', 'Host: x', 'Connection: Keep-Alive')).toBeDefined()
  })

  test('passes the bytes of a value that are no ASCII', () => {
    const value = Buffer.from('voilà').toString('latin1')
    expect(read('GET / HTTP/1.1', 'Host: x', `A: ${value} `)?.rawHeaders).toEqual(['Host', 'x', 'A', value])
  })

  test.each([
    ['of HTTP/1.0', ['GET / HTTP/1.0', 'Host: x']],
    ['of no HTTP', ['GET / HTTP/2', 'Host: x']],
    ['without a version', ['GET /', 'Host: x']],
    ['of a single word', ['GET', 'Host: x']],
    ['of nothing', ['']],
    ['that begins with an empty line', ['', 'GET / HTTP/1.1', 'Host: x']],
    ['of HEAD', ['HEAD / HTTP/1.1', 'Host: x']],
    ['of an unknown method', ['BREW / HTTP/1.1', 'Host: x']],
    ['of a method in lower case', ['get / HTTP/1.1', 'Host: x']],
    ['without a method', [' / HTTP/1.1', 'Host: x']],
    ['without a path', ['GET  HTTP/1.1', 'Host: x']],
    ['for a proxy', ['GET http://x/ HTTP/1.1', 'Host: x']],
    ['for the server itself', ['GET * HTTP/1.1', 'Host: x']],
    ['with a space in its path', ['GET /a b HTTP/1.1', 'Host: x']],
    ['with two spaces', ['GET  / HTTP/1.1', 'Host: x']],
    ['with a space behind its version', ['GET / HTTP/1.1 ', 'Host: x']],
    ['with other letters in its path', ['GET /\xe4 HTTP/1.1', 'Host: x']],
    ['without a host', ['GET / HTTP/1.1', 'A: b']],
    ['without a field', ['GET / HTTP/1.1']],
    ['with two hosts', ['GET / HTTP/1.1', 'Host: x', 'host: x']],
    ['in chunks', ['POST / HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked']],
    ['in no chunks, said so', ['POST / HTTP/1.1', 'Host: x', 'Transfer-Encoding:', 'Content-Length: 1']],
    ['with one length twice', ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Content-Length: 1']],
    ['with a list of lengths', ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 1, 1']],
    ['with a signed length', ['POST / HTTP/1.1', 'Host: x', 'Content-Length: +1']],
    ['with a tab behind its length', ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 1\t']],
    ['with no number as its length', ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 0x1']],
    ['with an empty length', ['POST / HTTP/1.1', 'Host: x', 'Content-Length:']],
    ['with an endless length', ['POST / HTTP/1.1', 'Host: x', `Content-Length: ${'9'.repeat(16)}`]],
    ['that closes', ['GET / HTTP/1.1', 'Host: x', 'Connection: close']],
    ['with a field for this connection alone', ['GET / HTTP/1.1', 'Host: x', 'Connection: keep-alive, X-Hop']],
    ['that closes, in an old way', ['GET / HTTP/1.1', 'Host: x', 'Proxy-Connection: close']],
    ['of an upgrade', ['GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket']],
    ['that waits for a word', ['POST / HTTP/1.1', 'Host: x', 'Expect: 100-continue']],
    ['with trailers', ['POST / HTTP/1.1', 'Host: x', 'Trailer: a']],
    ['with a line without a colon', ['GET / HTTP/1.1', 'Host: x', 'abc']],
    ['with a colon in the next line only', ['GET / HTTP/1.1', 'a', 'Host: x']],
    ['with a nameless field', ['GET / HTTP/1.1', 'Host: x', ': a']],
    ['with a space before the colon', ['GET / HTTP/1.1', 'Host: x', 'a : b']],
    ['with a folded line', ['GET / HTTP/1.1', 'Host: x', ' a: b']],
    ['with a bare line feed', ['GET / HTTP/1.1', 'Host: x\nTransfer-Encoding: chunked']],
    ['with a bare carriage return', ['GET / HTTP/1.1', 'Host: x\rTransfer-Encoding: chunked']],
    ['with a carriage return before its line’s end', ['GET / HTTP/1.1', 'Host: x\r']],
    ['with a zero byte', ['GET / HTTP/1.1', 'Host: x', 'a: b\0']],
  ])('is none %s', (_, lines) => {
    expect(read(...lines)).toBeUndefined()
  })
})

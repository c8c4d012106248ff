import { describe, expect, test } from 'vitest'
import { readAnswerHead } from './answer-head.ts'

const head = (...lines: string[]) => lines.join('\r\n')

describe('an answer’s head', () => {
  test('is its status, its fields in their order, and how its body ends', () => {
    const text = head('HTTP/1.1 200 OK', 'Content-Type: text/plain', 'X-A:1', 'x-a: \t two ', 'Content-Length: 12')
    expect(readAnswerHead(text, 'GET')).toEqual({
      status: 200,
      headers: ['content-type', 'text/plain', 'x-a', '1', 'x-a', 'two', 'content-length', '12'],
      framing: 12,
      keepsAlive: true,
      keepAliveMs: undefined,
    })
  })

  test.each([
    ['chunked', 'GET', head('HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked'), 'chunked', true],
    ['without a length', 'GET', head('HTTP/1.1 200 OK'), 'close', false],
    ['of HTTP/1.0', 'GET', head('HTTP/1.0 200 OK', 'content-length: 3'), 3, false],
    ['of HTTP/1.0 kept open', 'GET', head('HTTP/1.0 200 OK', 'content-length: 3', 'connection: Keep-Alive'), 3, true],
    ['that closes', 'GET', head('HTTP/1.1 200 OK', 'content-length: 3', 'connection: x, Close'), 3, false],
    ['to HEAD', 'HEAD', head('HTTP/1.1 200 OK'), 0, true],
    ['to HEAD, with the length of what it leaves out', 'HEAD', head('HTTP/1.1 200 OK', 'content-length: 3'), 0, false],
    ['to HEAD, chunked', 'HEAD', head('HTTP/1.1 200 OK', 'transfer-encoding: chunked'), 0, false],
    ['204', 'POST', head('HTTP/1.1 204 No Content'), 0, true],
    ['304', 'GET', head('HTTP/1.1 304 Not Modified'), 0, true],
    ['304 with a length', 'GET', head('HTTP/1.1 304 Not Modified', 'content-length: 99'), 0, false],
    ['without a reason', 'GET', head('HTTP/1.1 500', 'content-length: 0'), 0, true],
    ['204 with an empty body', 'GET', head('HTTP/1.1 204 No Content', 'content-length: 0'), 0, true],
    ['204 with a body', 'GET', head('HTTP/1.1 204 No Content', 'content-length: 3'), 0, false],
    ['204 in chunks', 'GET', head('HTTP/1.1 204 No Content', 'transfer-encoding: chunked'), 0, false],
    ['with one length twice', 'GET', head('HTTP/1.1 200 OK', 'content-length: 3', 'Content-Length: 3'), 3, true],
  ])('%s', (_, method, text, framing, keepsAlive) => {
    expect(readAnswerHead(text, method)).toMatchObject({ framing, keepsAlive })
  })

  test('loses nothing of a value but the spaces and tabs around it', () => {
    const value = Buffer.from('voilà').toString('latin1')
    expect(value.charCodeAt(value.length - 1)).toBe(0xa0)
    expect(readAnswerHead(head('HTTP/1.1 200 OK', `x:\t ${value} \t`, 'y: \t '), 'GET').headers).toEqual([
      'x',
      value,
      'y',
      '',
    ])
  })

  test('says its length once, however often it is written', () => {
    const text = head('HTTP/1.1 200 OK', 'content-length: 3', 'x-a: b', 'Content-Length: 3')
    expect(readAnswerHead(text, 'GET').headers).toEqual(['content-length', '3', 'x-a', 'b'])
  })

  test('says how long an idle connection is kept', () => {
    const kept = (value: string) => readAnswerHead(head('HTTP/1.1 200 OK', `Keep-Alive: ${value}`), 'GET').keepAliveMs
    expect([kept('Timeout=5'), kept('max=100, timeout=20'), kept('max=100'), kept('untimeout=3')]).toEqual([
      5000,
      20_000,
      undefined,
      undefined,
    ])
  })

  test.each([
    ['another protocol', 'HTTP/2 200'],
    ['another version', 'HTTP/1.2 200 OK'],
    ['no status', 'HTTP/1.1 OK'],
    ['a short status', 'HTTP/1.1 20 OK'],
    ['a status below 100', 'HTTP/1.1 099 OK'],
    ['a signed status', 'HTTP/1.1 +20 OK'],
    ['a status in other digits', 'HTTP/1.1 1e2 OK'],
    ['no reason’s space', 'HTTP/1.1 200OK'],
    ['a field without a colon', head('HTTP/1.1 200 OK', 'nothing')],
    ['a space before the colon', head('HTTP/1.1 200 OK', 'content-length : 3')],
    ['a folded line', head('HTTP/1.1 200 OK', 'a: b', ' c')],
    ['an empty name', head('HTTP/1.1 200 OK', ': b')],
    ['a bare line feed', 'HTTP/1.1 200 OK\r\na: b\nc: d'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\na: b\rc: d'],
    ['a zero byte', head('HTTP/1.1 200 OK', 'a: b\0c')],
    ['two lengths', head('HTTP/1.1 200 OK', 'content-length: 3', 'content-length: 4')],
    ['a list of lengths', head('HTTP/1.1 200 OK', 'content-length: 3, 3')],
    ['a signed length', head('HTTP/1.1 200 OK', 'content-length: +3')],
    ['a hexadecimal length', head('HTTP/1.1 200 OK', 'content-length: 0x3')],
    ['a length behind an odd space', head('HTTP/1.1 200 OK', 'content-length: 3\xa0')],
    ['chunks in HTTP/1.0', head('HTTP/1.0 200 OK', 'transfer-encoding: chunked')],
    ['an empty encoding', head('HTTP/1.1 200 OK', 'transfer-encoding:')],
    ['an endless length', head('HTTP/1.1 200 OK', `content-length: ${'9'.repeat(30)}`)],
    ['a length and chunks', head('HTTP/1.1 200 OK', 'content-length: 3', 'transfer-encoding: chunked')],
    ['an unknown encoding', head('HTTP/1.1 200 OK', 'transfer-encoding: gzip, chunked')],
    ['chunks twice', head('HTTP/1.1 200 OK', 'transfer-encoding: chunked', 'transfer-encoding: chunked')],
  ])('with %s is refused', (_, text) => {
    expect(() => readAnswerHead(text, 'GET')).toThrow(expect.objectContaining({ code: 'answer_malformed' }))
  })
})

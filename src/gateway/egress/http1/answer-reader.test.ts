import { describe, expect, test } from 'vitest'
import { everySplit } from '../../../../test/support/every-split.ts'
import { plainAnswer, wireAnswers } from '../../../../test/support/wire-answers.ts'
import { AnswerReader } from './answer-reader.ts'

/** What a reader makes of an answer that comes in these pieces. */
function read(reader: AnswerReader, pieces: readonly Buffer[]) {
  const payload: Buffer[] = []
  for (const piece of pieces) {
    // Payload is moved together in the memory in which it came.
    const own = Buffer.from(piece)
    const body = reader.head === undefined ? reader.readHead(own) : own
    if (body !== undefined) payload.push(Buffer.from(reader.readBody(body)))
    // The next piece is read into the same memory.
    own.fill(0)
  }
  const { head, isOver, hasSurplus, endsByClose } = reader
  return { status: head?.status, body: Buffer.concat(payload).toString('latin1'), isOver, hasSurplus, endsByClose }
}

function readOne(text: string, method = 'GET') {
  const reader = new AnswerReader()
  reader.expect(method)
  return read(reader, [Buffer.from(text, 'latin1')])
}

describe('an answer', () => {
  test.each(wireAnswers)('$name is the same wherever it is cut', ({ method, bytes, status, body, endsByClose }) => {
    const reader = new AnswerReader()
    for (const pieces of everySplit(Buffer.from(bytes, 'latin1'))) {
      reader.expect(method ?? 'GET')
      const isOver = endsByClose === undefined
      expect(read(reader, pieces)).toEqual({ status, body, isOver, hasSurplus: false, endsByClose: !isOver })
    }
  })

  test.each(wireAnswers.filter(({ endsByClose }) => !endsByClose))(
    '$name ends where it says, and what comes behind is told',
    ({ method, bytes, body }) => {
      const more = `${bytes}HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nfor`
      expect(readOne(more, method)).toMatchObject({ body, isOver: true, hasSurplus: true })
    },
  )

  test('is not over before its last byte', () => {
    for (const { method, bytes } of wireAnswers) expect(readOne(bytes.slice(0, -1), method).isOver).toBe(false)
  })

  test('begins anew after one that broke off anywhere', () => {
    const whole = Buffer.from(plainAnswer('next'))
    for (const { method, bytes } of wireAnswers) {
      for (let end = 0; end < bytes.length; end++) {
        const reader = new AnswerReader()
        reader.expect(method ?? 'GET')
        read(reader, [Buffer.from(bytes.slice(0, end), 'latin1')])
        reader.expect('GET')
        expect(read(reader, [whole])).toMatchObject({ body: 'next', isOver: true, hasSurplus: false })
      }
    }
  })

  test.each([
    ['with an endless head', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(70_000)}`],
    ['with a head that ends too late', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(70_000)}\r\n\r\n`],
    ['whose lines end without CR', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok'],
    ['whose lines end with a bare CR', 'HTTP/1.1 200 OK\rcontent-length: 2\r\rok'],
    ['whose first line ends without CR, the rest still to come', 'HTTP/1.1 200 OK\ncontent-'],
    ['that changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['with interim answers only', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(33)],
    ['behind an empty line', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['with a broken interim answer', 'HTTP/1.1 100 Continue\r\na\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['in broken chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx'],
  ])('%s is refused', (_, text) => {
    expect(() => readOne(text)).toThrow(expect.objectContaining({ code: 'answer_malformed' }))
  })

  test('whose lines end otherwise is refused wherever it is cut', () => {
    for (const text of ['HTTP/1.1 200 OK\ra: b\r\r', 'HTTP/1.1 200 OK\na: b\n\n'])
      for (const pieces of everySplit(Buffer.from(text))) {
        const reader = new AnswerReader()
        reader.expect('GET')
        expect(() => read(reader, pieces)).toThrow(expect.objectContaining({ code: 'answer_malformed' }))
      }
  })

  test('begins anew after one with bytes behind it', () => {
    const reader = new AnswerReader()
    for (const surplus of ['x', '']) {
      reader.expect('GET')
      expect(read(reader, [Buffer.from(plainAnswer('a') + surplus)]).hasSurplus).toBe(surplus !== '')
    }
  })

  test('may stand behind thirty-two interim ones, each anew', () => {
    const reader = new AnswerReader()
    for (let i = 0; i < 3; i++) {
      reader.expect('GET')
      const text = 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(32) + plainAnswer('ok')
      expect(read(reader, [Buffer.from(text)])).toMatchObject({ body: 'ok', isOver: true })
    }
  })
})

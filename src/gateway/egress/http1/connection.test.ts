import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type OpenOrigin, openOrigin } from '../../../../test/support/open-origin.ts'
import { plainAnswer, wireAnswers } from '../../../../test/support/wire-answers.ts'
import {
  Heard,
  type Peer,
  startWireServer,
  turns,
  until,
  type WireServer,
} from '../../../../test/support/wire-server.ts'

let server: WireServer
let origin: OpenOrigin
beforeEach(async () => {
  server = await startWireServer()
  origin = openOrigin(server.origin)
})
afterEach(async () => {
  await origin.close()
  await server.close()
})

/** The client's end of a connection has read so many bytes. */
const hasRead = (index: number, bytes: number) => until(() => (origin.sockets[index]?.bytesRead ?? 0) >= bytes)

/** Another exchange, which must not be touched by what happened before; with the number of the connection it took. */
async function another(body: string, peers = server.peers): Promise<number> {
  const before = peers.map((peer) => peer.received().length)
  const { heard } = origin.ask({ path: `/${body}` })
  await until(() => peers.some((peer, i) => peer.received().length > (before[i] ?? 0)))
  const index = peers.findIndex((peer, i) => peer.received().length > (before[i] ?? 0))
  await until(() => (peers[index] as Peer).received().includes(`GET /${body} `))
  await (peers[index] as Peer).say(plainAnswer(body))
  await heard.over
  expect({ status: heard.status, body: heard.body, error: heard.error }).toEqual({
    status: 200,
    body,
    error: undefined,
  })
  return index
}

describe('an answer', () => {
  test.each(wireAnswers)(
    '$name comes whole, cut at every byte, and leaves the connection as it should',
    async (answer) => {
      const { method = 'GET', bytes, status, body, staysOpen, endsByClose } = answer
      for (let at = 0, asked = 0; at <= bytes.length; at++) {
        const { heard } = origin.ask({ method })
        const index = staysOpen ? 0 : at
        const peer = await server.peer(index)
        await peer.requests(staysOpen ? ++asked : 1)
        const readBefore = origin.sockets[index]?.bytesRead ?? 0
        await peer.say(bytes.slice(0, at))
        await hasRead(index, readBefore + at)
        await peer.say(bytes.slice(at))
        if (endsByClose) peer.socket.end()
        await heard.over
        expect({ status: heard.status, body: heard.body, error: heard.error }).toEqual({
          status,
          body,
          error: undefined,
        })
        expect(heard.calls.at(-1)).toBe('complete')
      }
      expect(server.peers).toHaveLength(staysOpen ? 1 : bytes.length + 1)
      expect(await another('next')).toBe(staysOpen ? 0 : bytes.length + 1)
    },
  )

  test('is told piece by piece as it comes', async () => {
    const { heard } = origin.ask()
    const peer = await server.peer(0)
    await peer.say('HTTP/1.1 200 OK\r\nX-One: a\r\ntransfer-encoding: chunked\r\n\r\n')
    await until(() => heard.calls.length === 1)
    expect([heard.status, heard.headers]).toEqual([200, ['x-one', 'a', 'transfer-encoding', 'chunked']])
    for (const word of ['one', 'two', 'three']) {
      await peer.say(`${word.length}\r\n${word}\r\n`)
      await until(() => heard.pieces.at(-1)?.toString() === word)
    }
    await peer.say('0\r\n\r\n')
    await heard.over
    expect(heard.calls).toEqual(['headers', 'data', 'data', 'data', 'complete'])
  })

  test.each([
    ['its head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['its first byte', ''],
    ['its interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['its length', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell'],
    ['its last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n'],
  ])('that ends in order before %s is an error', async (_, bytes) => {
    const { heard } = origin.ask()
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say(bytes)
    peer.socket.end()
    expect(await heard.code()).toBe('connection_closed')
    expect(await another('next')).toBe(1)
  })

  test.each([
    ['head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['body of a length', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell'],
    ['chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhell'],
    ['body that ends with its connection', 'HTTP/1.1 200 OK\r\n\r\nhell'],
  ])('whose %s is cut by a reset is an error', async (_, bytes) => {
    const { heard } = origin.ask()
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say(bytes)
    await hasRead(0, bytes.length)
    peer.socket.resetAndDestroy()
    expect(await heard.code()).toBe('ECONNRESET')
    expect(heard.calls.filter((call) => call === 'complete' || call === 'error')).toEqual(['error'])
  })

  test('that is no HTTP/1.1 is an error, and the connection is closed', async () => {
    for (const [index, bytes] of [
      'SSH-2.0-x\r\n\r\n',
      'HTTP/1.1 200 OK\nx: y\n\r\n\r\n',
      'HTTP/2 200\r\n\r\n',
    ].entries()) {
      const { heard } = origin.ask()
      const peer = await server.peer(index)
      await peer.say(bytes)
      expect(await heard.code()).toBe('answer_malformed')
      await peer.gone
    }
  })

  test('cannot be taken from bytes behind another one', async () => {
    const forged = plainAnswer('forged')
    const together = origin.ask().heard
    const first = await server.peer(0)
    await first.say(plainAnswer('first') + forged)
    await together.over
    expect(together.body).toBe('first')
    await first.gone
    expect(await another('second')).toBe(1)
    // They come alone, while the connection rests.
    await (server.peers[1] as Peer).say(forged)
    await (server.peers[1] as Peer).gone
    expect(await another('third')).toBe(2)
  })

  test('with bytes behind it spoils its connection also for the request that is made at once', async () => {
    const next = new Heard()
    const { heard } = origin.ask({}, new Heard({ before: (call) => call === 'complete' && origin.ask({}, next) }))
    const first = await server.peer(0)
    await first.requests(1)
    // Two writes: the surplus is in the socket's next look, not in the answer's own.
    first.socket.write(plainAnswer('first'))
    first.socket.write(plainAnswer('forged'))
    await heard.over
    const second = await server.peer(1)
    await second.requests(1)
    await second.say(plainAnswer('second'))
    await next.over
    expect([heard.body, next.body, next.error]).toEqual(['first', 'second', undefined])
  })
})

describe('a handler', () => {
  test.each(['headers', 'data'])('whose %s throws hears that as its error, and nothing more', async (where) => {
    const broken = new Heard({
      before: (call) => {
        if (call === where) throw new Error('a fault')
      },
    })
    origin.ask({}, broken)
    const peer = await server.peer(0)
    await peer.say(plainAnswer('answer'))
    expect(await broken.code()).toBe('a fault')
    expect(broken.calls.at(-1)).toBe('error')
    await peer.gone
    expect(await another('next')).toBe(1)
  })

  test('whose end throws hears that as its error, and nobody else does', async () => {
    const next = new Heard()
    const broken = new Heard({
      before: (call) => {
        if (call !== 'complete') return
        origin.ask({ path: '/next' }, next)
        throw new Error('a fault')
      },
    })
    origin.ask({}, broken)
    const peer = await server.peer(0)
    await peer.say(plainAnswer('answer'))
    await peer.requests(2)
    await peer.say(plainAnswer('next'))
    await next.over
    expect(broken.calls).toEqual(['headers', 'data', 'complete', 'error'])
    expect([next.body, next.error]).toEqual(['next', undefined])
  })

  test('that was told its end is told nothing more, whatever it calls', async () => {
    const first = origin.ask()
    const peer = await server.peer(0)
    await peer.say(plainAnswer('first'))
    await first.heard.over
    const second = origin.ask({}, new Heard({ wants: false }))
    await peer.requests(2)
    await peer.say('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsec')
    await until(() => second.heard.pieces.length === 1)
    await peer.say('ond')
    first.heard.resume()
    first.abort(new Error('too late'))
    await turns(20)
    expect(second.heard.body).toBe('sec')
    second.heard.resume()
    await second.heard.over
    expect([second.heard.body, second.heard.error]).toEqual(['second', undefined])
    expect(first.heard.calls).toEqual(['headers', 'data', 'complete'])
    second.abort(new Error('too late'))
    expect(await another('third')).toBe(0)
  })
})

describe('an abort', () => {
  const gone = new Error('given up')
  const expectGone = async (heard: Heard) => {
    await heard.over
    expect(heard.error).toBe(gone)
    expect(heard.calls.filter((call) => call === 'complete' || call === 'error')).toEqual(['error'])
  }

  test('before the connection stands closes it and sends nothing', async () => {
    const asked = origin.ask()
    asked.abort(gone)
    await expectGone(asked.heard)
    await until(() => origin.connections.isEmpty)
    await turns(20)
    expect(server.peers.map((peer) => peer.received()).join('')).toBe('')
  })

  test.each([
    ['waiting for the answer', '', ''],
    ['in the head', 'HTTP/1.1 200 OK\r\na: ', 'b\r\ncontent-length: 3\r\n\r\nabc'],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc', 'def'],
    ['in the chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc', '\r\n0\r\n\r\n'],
    ['in a body that ends with its connection', 'HTTP/1.1 200 OK\r\n\r\nabc', 'def'],
  ])('%s ends the exchange and its connection, and the next knows nothing of it', async (_, said, rest) => {
    const asked = origin.ask()
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say(said)
    await hasRead(0, said.length)
    peer.socket.write(rest)
    asked.abort(gone)
    asked.abort(new Error('twice'))
    await expectGone(asked.heard)
    await peer.gone
    expect(await another('next')).toBe(1)
    asked.abort(new Error('much later'))
    expect(await another('after')).toBe(1)
  })

  test.each(['headers', 'data'])('from within %s ends it there', async (where) => {
    let abort: (error: Error) => void = () => undefined
    const heard = new Heard({ before: (call) => call === where && abort(gone) })
    abort = origin.ask({}, heard).abort
    const peer = await server.peer(0)
    await peer.say(`${plainAnswer('answer')}surplus`)
    await expectGone(heard)
    await turns(5)
    expect(heard.calls).toEqual(where === 'headers' ? ['headers', 'error'] : ['headers', 'data', 'error'])
    expect(await another('next')).toBe(1)
  })

  test('while nothing is taken ends it too', async () => {
    const asked = origin.ask({}, new Heard({ wants: false }))
    const peer = await server.peer(0)
    await peer.say('HTTP/1.1 200 OK\r\ncontent-length: 600000\r\n\r\n')
    peer.socket.write('x'.repeat(500_000))
    await until(() => asked.heard.pieces.length === 1)
    asked.abort(gone)
    await expectGone(asked.heard)
    await peer.gone
    asked.heard.resume()
    expect(await another('next')).toBe(1)
  })
})

describe('a caller that takes nothing', () => {
  const megabytes = 16 * 1024 * 1024

  test.each([
    ['a length', `HTTP/1.1 200 OK\r\ncontent-length: ${megabytes}\r\n\r\n`, ''],
    ['chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${megabytes.toString(16)}\r\n`, '\r\n0\r\n\r\n'],
    ['the end of the connection', 'HTTP/1.1 200 OK\r\n\r\n', undefined],
  ])('slows the provider down, and then gets all, framed by %s', async (_, head, end) => {
    const { heard } = origin.ask({}, new Heard({ wants: false }))
    const peer = await server.peer(0)
    peer.socket.write(head)
    peer.socket.write('x'.repeat(megabytes))
    if (end === undefined) peer.socket.end()
    else peer.socket.write(end)
    await until(() => heard.pieces.length === 1)
    await turns(50)
    expect(heard.pieces).toHaveLength(1)
    expect(heard.calls).toEqual(['headers', 'data'])
    expect(peer.socket.writableLength).toBeGreaterThan(0)
    // One piece for each time that it is asked for.
    heard.resume()
    await until(() => heard.pieces.length === 2)
    heard.wants = true
    heard.resume()
    await heard.over
    expect([heard.error, heard.bytes]).toEqual([undefined, megabytes])
  })

  test('is told the end that came with the last piece, and its connection serves on', async () => {
    const { heard } = origin.ask({}, new Heard({ wants: false }))
    const peer = await server.peer(0)
    await peer.say(plainAnswer('whole'))
    await heard.over
    expect(heard.calls).toEqual(['headers', 'data', 'complete'])
    const next = origin.ask({}, new Heard()).heard
    heard.resume()
    await peer.requests(2)
    await peer.say(plainAnswer('next'))
    await next.over
    expect([next.body, server.peers.length]).toEqual(['next', 1])
  })

  test('may ask for more from within', async () => {
    const heard: Heard = new Heard({ wants: false, before: (call) => call === 'data' && heard.resume() })
    origin.ask({}, heard)
    const peer = await server.peer(0)
    await peer.say('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc')
    await until(() => heard.pieces.length === 1)
    await peer.say('def')
    await heard.over
    expect(heard.body).toBe('abcdef')
  })

  test('hears of a connection that broke meanwhile when it goes on', async () => {
    const { heard } = origin.ask({}, new Heard({ wants: false }))
    const peer = await server.peer(0)
    await peer.say('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')
    await until(() => heard.pieces.length === 1)
    peer.socket.resetAndDestroy()
    await turns(20)
    heard.resume()
    expect(await heard.code()).toBe('ECONNRESET')
  })
})

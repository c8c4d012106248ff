import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectorTo, type OpenOrigin, openOrigin } from '../../../../test/support/open-origin.ts'
import { plainAnswer } from '../../../../test/support/wire-answers.ts'
import { settled, startWireServer, turns, until, type WireServer } from '../../../../test/support/wire-server.ts'

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

/** A body that a test feeds: nothing comes until it is given. */
class Fed implements AsyncIterable<Buffer> {
  /** How often a piece was asked for. */
  asked = 0
  isLeft = false
  private give: (result: IteratorResult<Buffer>) => void = () => undefined
  private refuse: (error: Error) => void = () => undefined

  async feed(text: string | Buffer): Promise<void> {
    const { asked } = this
    this.give({ done: false, value: Buffer.from(text) })
    await until(() => this.asked > asked || this.isLeft)
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return {
      next: () => {
        this.asked++
        return new Promise((resolve, reject) => {
          this.give = resolve
          this.refuse = reject
        })
      },
      return: async () => {
        this.isLeft = true
        return { done: true, value: undefined }
      },
    }
  }

  end(): void {
    this.give({ done: true, value: undefined })
  }

  break(error: Error): void {
    this.refuse(error)
  }
}

async function* piecesOf(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

const bodyOf = (received: string) => received.slice(received.indexOf('\r\n\r\n') + 4)
const post = { method: 'POST', path: '/upload' }

describe('a body', () => {
  const lengths = [0, 1, 8 * 1024, 8 * 1024 + 1, 256 * 1024, 256 * 1024 + 1, 3_000_000]
  const inOne = (body: Buffer) => body
  const inThree = (body: Buffer) => [
    body.subarray(0, 1),
    body.subarray(1, 1 + body.length / 2),
    body.subarray(1 + body.length / 2),
  ]
  test.each([
    ...lengths.map((length) => [length, 'one piece', inOne] as const),
    ...lengths.slice(1).map((length) => [length, 'three pieces', inThree] as const),
  ])(
    'of %i bytes at hand in %s arrives as it is, with its length, and the connection serves on',
    async (length, _, given) => {
      const body = randomBytes(length)
      for (const round of [1, 2]) {
        const { heard } = origin.ask({ ...post, body: given(body) })
        const peer = await server.peer(0)
        await until(() => peer.received().length >= round * (length + 60))
        const text = await peer.requests(round)
        await until(() => peer.received().endsWith(body.toString('latin1')))
        expect(text).toContain(`content-length: ${length}\r\n`)
        await peer.say(plainAnswer('ok'))
        await heard.over
        expect(heard.error).toBe(undefined)
      }
      expect(server.peers).toHaveLength(1)
    },
  )

  test('in pieces of unknown length is sent in chunks, none of them empty', async () => {
    const { heard } = origin.ask({ ...post, body: piecesOf('one', '', 'three and more') })
    const peer = await server.peer(0)
    await until(() => peer.received().endsWith('0\r\n\r\n'))
    expect(peer.received()).toContain('transfer-encoding: chunked\r\n')
    expect(bodyOf(peer.received())).toBe('3\r\none\r\ne\r\nthree and more\r\n0\r\n\r\n')
    await peer.say(plainAnswer('ok'))
    await heard.over
    origin.ask()
    await peer.requests(2)
    expect(server.peers).toHaveLength(1)
  })

  test('in pieces of a declared length is sent as it is', async () => {
    const { heard } = origin.ask({ ...post, headers: ['Content-Length', '6'], body: piecesOf('abc', '', 'def') })
    const peer = await server.peer(0)
    await until(() => peer.received().endsWith('abcdef'))
    expect(peer.received()).not.toContain('chunked')
    await peer.say(plainAnswer('ok'))
    await heard.over
    origin.ask()
    await peer.requests(2)
    expect(server.peers).toHaveLength(1)
  })

  test.each([
    ['longer', ['abcdef', 'g'], 'abcdef'],
    ['longer in one piece', ['abcdefg'], ''],
    ['shorter', ['abc'], 'abc'],
  ])('%s than it declared is an error, and not one byte more is sent', async (_, texts, sent) => {
    const { heard } = origin.ask({ ...post, headers: ['content-length', '6'], body: piecesOf(...texts) })
    const peer = await server.peer(0)
    expect(await heard.code()).toBe('request_malformed')
    await peer.gone
    expect(bodyOf(peer.received())).toBe(sent)
  })

  test('that breaks off breaks the exchange with its error, and never looks complete', async () => {
    const body = new Fed()
    const { heard } = origin.ask({ ...post, body })
    const peer = await server.peer(0)
    await body.feed('abc')
    const broken = new Error('the caller broke off')
    body.break(broken)
    await heard.over
    expect(heard.error).toBe(broken)
    await peer.gone
    expect(bodyOf(peer.received())).toBe('3\r\nabc\r\n')
  })

  test('is asked for no faster than the provider takes it', async () => {
    const piece = Buffer.alloc(256 * 1024, 'x')
    let given = 0
    async function* endless() {
      for (; given < 400; given++) yield piece
    }
    const { heard } = origin.ask({ ...post, body: endless() })
    const peer = await server.peer(0)
    peer.socket.pause()
    await until(() => origin.sockets[0]?.writableNeedDrain === true)
    await turns(50)
    expect(given).toBeLessThan(400)
    const waitsAt = given
    await turns(50)
    expect(given).toBe(waitsAt)
    peer.socket.resume()
    await until(() => given === 400)
    await until(() => peer.received().endsWith('0\r\n\r\n'))
    await peer.say(plainAnswer('ok'))
    await heard.over
    expect(heard.error).toBe(undefined)
  })

  test.each([
    ['a header with a line end', { headers: ['a', 'b\r\nc: d'] }],
    ['a second length', { headers: ['content-length', '3', 'Content-Length', '3'], body: piecesOf('abc') }],
    ['a length that is not the body’s', { headers: ['content-length', '4'], body: Buffer.from('abc') }],
    ['a length without a body', { headers: ['content-length', '4'] }],
    ['a length that is no number', { headers: ['content-length', '3 '], body: piecesOf('abc') }],
    ['a transfer encoding', { headers: ['Transfer-Encoding', 'chunked'], body: piecesOf('abc') }],
  ])('with %s is not sent', async (_, change) => {
    const { heard } = origin.ask({ ...post, ...change })
    expect(await heard.code()).toBe('request_malformed')
    const peer = await server.peer(0)
    await peer.gone
    expect(peer.received()).toBe('')
  })
})

describe('an answer that comes before the request was sent', () => {
  test('is told, ends the upload, and its connection serves nobody else', async () => {
    const body = new Fed()
    const { heard } = origin.ask({ ...post, body })
    const peer = await server.peer(0)
    await body.feed('abc')
    await peer.say(plainAnswer('no'))
    await heard.over
    expect([heard.body, heard.error]).toEqual(['no', undefined])
    await peer.gone
    const next = origin.ask({ ...post, body: piecesOf('next') })
    const second = await server.peer(1)
    await until(() => second.received().endsWith('0\r\n\r\n'))
    // What comes late of the first body goes nowhere.
    await body.feed('late')
    expect(body.isLeft).toBe(true)
    await second.say(plainAnswer('ok'))
    await next.heard.over
    expect(bodyOf(second.received())).toBe('4\r\nnext\r\n0\r\n\r\n')
    expect(bodyOf(peer.received())).toBe('3\r\nabc\r\n')
    expect(heard.calls).toEqual(['headers', 'data', 'complete'])
  })

  test('leaves no connection whose bytes still wait to be sent', async () => {
    const { heard } = origin.ask({ ...post, body: Buffer.alloc(16_000_000, 'x') })
    const peer = await server.peer(0)
    peer.socket.pause()
    await peer.say(plainAnswer('no'))
    await heard.over
    expect(heard.body).toBe('no')
    peer.socket.resume()
    await peer.gone
    origin.ask()
    await (await server.peer(1)).requests(1)
  })

  test('leaves no connection whose last bytes still wait to be sent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'request-writer-'))
    const path = join(folder, 'socket')
    const narrow = await startWireServer({ path })
    const through = openOrigin('http://provider.test', connectorTo(path))
    // More than such a socket takes at once, and yet written at once.
    const { heard } = through.ask({ ...post, body: Buffer.alloc(256 * 1024, 'x') })
    const peer = await narrow.peer(0)
    peer.socket.pause()
    await settled(() => through.sockets[0]?.writableLength ?? 0)
    expect(through.sockets[0]?.writableLength).toBeGreaterThan(0)
    await peer.say(plainAnswer('no'))
    await heard.over
    expect(heard.body).toBe('no')
    peer.socket.resume()
    await peer.gone
    through.ask()
    await (await narrow.peer(1)).requests(1)
    await through.close()
    await narrow.close()
    rmSync(folder, { recursive: true })
  })

  test('may stand while the upload goes on, as long as it is not over', async () => {
    const body = new Fed()
    const { heard } = origin.ask({ ...post, body })
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n')
    await until(() => heard.body === 'ab')
    await body.feed('more')
    await until(() => peer.received().endsWith('4\r\nmore\r\n'))
    body.end()
    await until(() => peer.received().endsWith('0\r\n\r\n'))
    await peer.say('0\r\n\r\n')
    await heard.over
    expect(heard.error).toBe(undefined)
    origin.ask()
    await peer.requests(2)
    expect(server.peers).toHaveLength(1)
  })
})

describe('an abort of an upload', () => {
  const gone = new Error('given up')

  test.each(['waits for the caller', 'waits for the provider'])('that %s ends both, once', async (where) => {
    const body = new Fed()
    const asked = origin.ask({ ...post, body })
    const peer = await server.peer(0)
    await peer.requests(1)
    if (where === 'waits for the provider') {
      peer.socket.pause()
      void body.feed(Buffer.alloc(16_000_000, 'x'))
      await until(() => origin.sockets[0]?.writableNeedDrain === true)
    }
    asked.abort(gone)
    await asked.heard.over
    expect(asked.heard.error).toBe(gone)
    peer.socket.resume()
    await peer.gone
    // A body that waits for the provider is let go at once, one that waits for its caller with whatever comes next.
    if (where === 'waits for the caller') await body.feed('late')
    await until(() => body.isLeft)
    expect(asked.heard.calls).toEqual(['error'])
  })

  test('whose body breaks off as well hears of it once', async () => {
    const body = new Fed()
    const asked = origin.ask({ ...post, body })
    await (await server.peer(0)).requests(1)
    asked.abort(gone)
    body.break(new Error('the caller left as well'))
    await turns(10)
    expect([asked.heard.error, asked.heard.calls]).toEqual([gone, ['error']])
  })

  test('before the connection stands never asks for its body', async () => {
    const body = new Fed()
    const asked = origin.ask({ ...post, body })
    asked.abort(gone)
    await asked.heard.over
    await until(() => origin.connections.isEmpty)
    expect(body.asked).toBe(0)
  })
})

/** Silences, counted in the ticks of a clock that the test winds. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectorTo, type OpenOrigin, openOrigin } from '../../../../test/support/open-origin.ts'
import { plainAnswer } from '../../../../test/support/wire-answers.ts'
import {
  Heard,
  type Peer,
  settled,
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
  origin.times = { firstByteTicks: 3, idleTicks: 5, tickMs: 500 }
})
afterEach(async () => {
  await origin.close()
  await server.close()
})

/** An exchange whose server has said this much. */
async function begun(text: string, heard = new Heard()): Promise<{ heard: Heard; peer: Peer }> {
  origin.ask({}, heard)
  const peer = await server.peer(0)
  await peer.requests(1)
  await say(peer, text)
  return { heard, peer }
}

async function say(peer: Peer, text: string): Promise<void> {
  const before = origin.sockets[0]?.bytesRead ?? 0
  await peer.say(text)
  await until(() => (origin.sockets[0]?.bytesRead ?? 0) >= before + text.length)
}

/** A body that waits until it is told to go on. */
function held() {
  const gates: (() => void)[] = []
  async function* body() {
    for (;;) {
      const piece = await new Promise<string | undefined>((resolve) => gates.push(() => resolve(pieces.shift())))
      if (piece === undefined) return
      yield Buffer.from(piece)
    }
  }
  const pieces: string[] = []
  const next = async (piece?: string) => {
    await until(() => gates.length > 0)
    if (piece !== undefined) pieces.push(piece)
    gates.shift()?.()
  }
  return { body: body(), next }
}

describe('a provider that does not answer', () => {
  test('is given up after the time for it, and not before', async () => {
    const { heard, peer } = await begun('')
    origin.ticks(3)
    expect(heard.calls).toEqual([])
    origin.ticks(1)
    expect(await heard.code()).toBe('first_byte_timeout')
    await peer.gone
    origin.ticks(10)
    expect(heard.calls).toEqual(['error'])
  })

  test('gains no time by interim answers or by half a head', async () => {
    const { heard, peer } = await begun('')
    for (const text of [
      'HTTP/1.1 102 Processing\r\n\r\n',
      'HTTP/1.1 102 Processing\r\n\r\nHTTP',
      '/1.1 200 OK\r\na: ',
    ]) {
      origin.ticks(1)
      await say(peer, text)
    }
    origin.ticks(1)
    expect(await heard.code()).toBe('first_byte_timeout')
  })

  test('has each request’s time anew on the same connection', async () => {
    const { heard, peer } = await begun('')
    origin.ticks(3)
    await peer.say(plainAnswer('first'))
    await heard.over
    await turns(3)
    // What it rested is not counted either.
    origin.ticks(3)
    const second = origin.ask().heard
    await peer.requests(2)
    origin.ticks(3)
    expect(second.calls).toEqual([])
    origin.ticks(1)
    expect(await second.code()).toBe('first_byte_timeout')
  })
})

describe('an answer', () => {
  test.each([
    ['of a length', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n', 'a'],
    ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n'],
    ['until its end', 'HTTP/1.1 200 OK\r\n\r\n', 'a'],
  ])('%s may pause between its pieces for its own time, and not longer', async (_, head, piece) => {
    const { heard, peer } = await begun(head)
    for (let i = 0; i < 3; i++) {
      origin.ticks(5)
      await say(peer, piece)
    }
    await until(() => heard.bytes === 3)
    origin.ticks(5)
    expect(heard.calls).not.toContain('error')
    origin.ticks(1)
    expect(await heard.code()).toBe('idle_timeout')
    await peer.gone
  })

  test('that its caller does not take is not silent', async () => {
    const { heard, peer } = await begun('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na', new Heard({ wants: false }))
    await until(() => heard.bytes === 1)
    origin.ticks(100)
    heard.wants = true
    heard.resume()
    origin.ticks(5)
    await peer.say('b')
    await heard.over
    expect([heard.body, heard.error]).toEqual(['ab', undefined])
  })
})

describe('an upload', () => {
  test('is waited for as long as its caller takes, before the answer and within it', async () => {
    const { body, next } = held()
    const { heard } = origin.ask({ method: 'POST', body })
    const peer = await server.peer(0)
    await peer.requests(1)
    origin.ticks(100)
    await next('one')
    await until(() => peer.received().endsWith('one\r\n'))
    origin.ticks(100)
    await say(peer, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na')
    await until(() => heard.bytes === 1)
    origin.ticks(100)
    await next('two')
    await until(() => peer.received().endsWith('two\r\n'))
    origin.ticks(100)
    expect(heard.calls).not.toContain('error')
    await next()
    await until(() => peer.received().endsWith('0\r\n\r\n'))
    origin.ticks(5)
    expect(heard.calls).not.toContain('error')
    origin.ticks(1)
    expect(await heard.code()).toBe('idle_timeout')
  })

  test('counts from its last byte', async () => {
    const { body, next } = held()
    const { heard } = origin.ask({ method: 'POST', body })
    const peer = await server.peer(0)
    await peer.requests(1)
    origin.ticks(100)
    await next()
    await until(() => peer.received().endsWith('0\r\n\r\n'))
    origin.ticks(3)
    expect(heard.calls).toEqual([])
    origin.ticks(1)
    expect(await heard.code()).toBe('first_byte_timeout')
  })

  test('gives its provider the whole time for each piece, however long its caller took for it', async () => {
    const { body, next } = held()
    const { heard } = origin.ask({ method: 'POST', body })
    const peer = await server.peer(0)
    await peer.requests(1)
    peer.socket.pause()
    origin.ticks(100)
    await next('x'.repeat(32_000_000))
    await until(() => origin.sockets[0]?.writableNeedDrain === true)
    origin.ticks(3)
    expect(heard.calls).toEqual([])
    origin.ticks(1)
    expect(await heard.code()).toBe('first_byte_timeout')
  })

  test('that was written at once counts from when the system has taken it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'silence-'))
    const path = join(folder, 'socket')
    const narrow = await startWireServer({ path })
    const through = openOrigin('http://provider.test', connectorTo(path))
    through.times = origin.times
    const { heard } = through.ask({ method: 'POST', body: Buffer.alloc(256 * 1024, 'x') })
    const peer = await narrow.peer(0)
    peer.socket.pause()
    await settled(() => through.sockets[0]?.writableLength ?? 0)
    expect(through.sockets[0]?.writableNeedDrain).toBe(true)
    through.ticks(3)
    peer.socket.resume()
    await until(() => through.sockets[0]?.writableNeedDrain === false)
    through.ticks(3)
    expect(heard.calls).toEqual([])
    through.ticks(1)
    expect(await heard.code()).toBe('first_byte_timeout')
    await through.close()
    await narrow.close()
    rmSync(folder, { recursive: true })
  })

  test.each(['in pieces', 'at hand'])('%s that nobody reads is given up', async (kind) => {
    const bytes = Buffer.alloc(32_000_000, 'x')
    async function* pieces() {
      yield bytes
    }
    const { heard } = origin.ask({ method: 'POST', body: kind === 'at hand' ? bytes : pieces() })
    const peer = await server.peer(0)
    peer.socket.pause()
    await until(() => origin.sockets[0]?.writableNeedDrain === true)
    await settled(() => origin.sockets[0]?.writableLength ?? 0)
    origin.ticks(3)
    expect(heard.calls).toEqual([])
    origin.ticks(1)
    expect(await heard.code()).toBe('first_byte_timeout')
  })

  test('at hand may take longer than all times, as long as its provider reads', async () => {
    const { heard } = origin.ask({ method: 'POST', body: Buffer.alloc(32_000_000, 'x') })
    const peer = await server.peer(0)
    const [socket] = origin.sockets as [Socket]
    let stops = 0
    // What the system has taken says nothing of the provider; as long as that is not all, the next piece does.
    for (let taken = 0; socket.bytesWritten < 32_000_000; stops++) {
      peer.socket.resume()
      await until(() => socket.bytesWritten > taken)
      peer.socket.pause()
      taken = socket.bytesWritten
      origin.ticks(3)
    }
    expect(stops).toBeGreaterThan(1)
    expect(heard.calls).toEqual([])
    peer.socket.resume()
    await until(() => peer.socket.bytesRead > 32_000_000)
    await peer.say(plainAnswer('ok'))
    await heard.over
    expect(heard.error).toBe(undefined)
  })
})

describe('a connection at rest', () => {
  const rested = async (head = '') => {
    const { heard, peer } = await begun(`HTTP/1.1 200 OK\r\n${head}content-length: 0\r\n\r\n`)
    await heard.over
    return peer
  }

  test.each([
    ['four seconds', '', 8],
    ['a second less than its server says', 'keep-alive: timeout=3\r\n', 4],
    ['no longer than a minute', 'Keep-Alive: max=5, Timeout=86400\r\n', 120],
  ])('is kept for %s', async (_, head, ticks) => {
    const peer = await rested(head)
    origin.ticks(ticks - 1)
    const { heard } = origin.ask()
    await peer.requests(2)
    await peer.say(`HTTP/1.1 200 OK\r\n${head}content-length: 0\r\n\r\n`)
    await heard.over
    expect(heard.error).toBe(undefined)
    origin.ticks(ticks - 1)
    expect(origin.sockets[0]?.destroyed).toBe(false)
    origin.ticks(1)
    expect(origin.sockets[0]?.destroyed).toBe(true)
    await peer.gone
    await until(() => origin.connections.isEmpty)
  })
})

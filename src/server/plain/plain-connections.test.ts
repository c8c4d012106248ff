import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PlainConnections } from './plain-connections.ts'
import type { PlainRequest } from './plain-request.ts'
import type { PlainResponse } from './plain-response.ts'

interface Exchange {
  request: PlainRequest
  response: PlainResponse
}

let server: Server
let plain: PlainConnections
/** What is being served, in the order in which it came. */
let served: Exchange[]
/** Connections that were handed over, with what could be read on them then. */
let handed: string[]
let silent: Socket[]
/** Addresses of requests in the middle of which their callers ended the connection. */
let cut: string[]
let accepted: Socket[]
let caller: Socket
let heard: string

beforeEach(async () => {
  served = []
  handed = []
  silent = []
  cut = []
  accepted = []
  heard = ''
  plain = new PlainConnections({
    takes: ({ url }) => url.startsWith('/v1/'),
    serve: (request, response) => void served.push({ request, response }),
    handOver: (socket) => void socket.on('data', (bytes) => handed.push(bytes.toString('latin1'))),
    refuseCut: (socket, url) => {
      cut.push(url)
      socket.end('cut')
    },
    refuseSilent: (socket) => {
      silent.push(socket)
      socket.end('too late')
    },
    headBytes: 1_000,
    headSeconds: 20,
    keepAliveSeconds: 65,
  })
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket)
    plain.take(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  caller = connect((server.address() as AddressInfo).port, '127.0.0.1')
  caller.on('data', (bytes) => (heard += bytes.toString('latin1')))
  caller.on('error', () => {})
  await once(caller, 'connect')
  await expect.poll(() => accepted.length).toBe(1)
})
afterEach(() => {
  caller.destroy()
  for (const socket of accepted) socket.destroy()
  server.close()
})

const post = (length: number, path = '/v1/x') => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`
const get = (path = '/v1/x') => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
/** A request with a head of so many bytes, without the empty line behind it. */
const headOf = (bytes: number) => `${'GET /v1/x HTTP/1.1\r\nHost: x\r\nA: '.padEnd(bytes, 'a')}\r\n\r\n`

async function servedAt(index: number): Promise<Exchange> {
  await expect.poll(() => served.length).toBeGreaterThan(index)
  return served[index] as Exchange
}

function answer({ response }: Exchange, text = 'ok'): void {
  response.writeHead(200, ['content-length', String(text.length)])
  response.end(Buffer.from(text))
}

const closed = (response: PlainResponse) => new Promise((resolve) => response.once('close', () => resolve(undefined)))

describe('requests on one connection', () => {
  test('are served one after the other, in their order', async () => {
    caller.write(get('/v1/a') + get('/v1/b'))
    await servedAt(0)
    caller.write(get('/v1/c'))
    await expect.poll(() => accepted[0]?.bytesRead).toBe(3 * get('/v1/a').length)
    for (const [at, path] of ['/v1/a', '/v1/b', '/v1/c'].entries()) {
      const exchange = await servedAt(at)
      expect(served.length).toBe(at + 1)
      expect(exchange.request.url).toBe(path)
      answer(exchange, path)
    }
    await expect.poll(() => heard.match(/\/v1\/./g)).toEqual(['/v1/a', '/v1/b', '/v1/c'])
  })

  test('are handed over from the first on that is not plain, once the answers before it are out', async () => {
    const last = 'GET /api HTTP/1.1\r\nHost: x\r\n\r\n'
    caller.write(get() + last + get())
    const first = await servedAt(0)
    expect(handed).toEqual([])
    answer(first)
    await expect.poll(() => handed.join('')).toBe(last + get())
    caller.write('more')
    await expect.poll(() => handed.join('')).toBe(`${last}${get()}more`)
    expect(served.length).toBe(1)
  })

  test.each([
    ['in two pieces', ['GET /v1/x HTT', 'P/1.1\r\nHost: x\r\n\r\n']],
    ['that is longer than a head may be', [headOf(1_001)]],
  ])('are not waited for: a head %s is handed over', async (_, pieces) => {
    for (const piece of pieces) {
      const before = handed.length
      caller.write(piece)
      await expect.poll(() => handed.length).toBeGreaterThan(before)
    }
    expect(handed.join('')).toBe(pieces.join(''))
  })

  test('are not taken from the caller before their turn, but for the first bytes', async () => {
    const next = 'a'.repeat(20_000_000)
    caller.write(get() + next)
    const first = await servedAt(0)
    await expect.poll(() => accepted[0]?.isPaused()).toBe(true)
    expect(accepted[0]?.bytesRead).toBeLessThan(400_000)
    answer(first)
    await expect.poll(() => handed.join('').length).toBe(next.length)
  })

  test('may have a head as long as a head may be', async () => {
    caller.write(headOf(1_000))
    await servedAt(0)
  })

  test('are not begun any more when the caller has ended the connection', async () => {
    caller.pause()
    caller.write(get() + get())
    const { response } = await servedAt(0)
    response.writeHead(200, [])
    response.end(Buffer.alloc(20_000_000, 'a'))
    caller.end()
    await expect.poll(() => accepted[0]?.writableEnded).toBe(true)
    caller.resume()
    await once(caller, 'close')
    expect(heard).toMatch(/a\r\n0\r\n\r\n$/)
    expect(served.length).toBe(1)
  })

  test('are spared by whoever gives up the answer before them once it is out', async () => {
    caller.write(get('/v1/a') + get('/v1/b'))
    const first = await servedAt(0)
    answer(first)
    const second = await servedAt(1)
    first.response.destroy()
    answer(second, 'second')
    await expect.poll(() => heard).toMatch(/second$/)
  })

  test('follow on an answer that came before the body’s end, once the body is over', async () => {
    caller.write(`${post(10)}12345`)
    const exchange = await servedAt(0)
    answer(exchange)
    await expect.poll(() => heard).toContain('ok')
    expect(exchange.request.complete).toBe(false)
    caller.write(`67890${get('/v1/next')}`)
    expect((await servedAt(1)).request.url).toBe('/v1/next')
  })
})

describe('a body', () => {
  test('is told piece by piece while it flows, and its end once', async () => {
    caller.write(`${post(6)}ab`)
    const { request } = await servedAt(0)
    const told: string[] = []
    request.on('data', (bytes: Buffer) => told.push(bytes.toString())).on('end', () => told.push('end'))
    request.resume()
    await expect.poll(() => told).toEqual(['ab'])
    request.pause()
    caller.write('cdef')
    await expect.poll(() => request.complete).toBe(true)
    expect(told).toEqual(['ab'])
    request.resume().resume()
    await expect.poll(() => told).toEqual(['ab', 'cdef', 'end'])
  })

  test('that nobody reads is not taken from the caller, and goes on when somebody does', async () => {
    const length = 20_000_000
    caller.write(post(length))
    const written = new Promise((resolve) => caller.write(Buffer.alloc(length), resolve))
    const { request } = await servedAt(0)
    await expect.poll(() => accepted[0]?.isPaused()).toBe(true)
    expect(accepted[0]?.bytesRead).toBeLessThan(200_000)
    let bytes = 0
    request.on('data', (piece: Buffer) => (bytes += piece.length))
    const ended = once(request, 'end')
    request.resume()
    await Promise.all([written, ended])
    expect(bytes).toBe(length)
  })

  test('that is here can be taken whole, once, and then nothing of it flows', async () => {
    caller.write(`${post(6)}abc`)
    const { request } = await servedAt(0)
    const told: string[] = []
    request.on('data', () => told.push('data')).on('end', () => told.push('end'))
    expect(request.takeWhole()).toBeUndefined()
    caller.write('def')
    await expect.poll(() => request.complete).toBe(true)
    expect(Buffer.concat(request.takeWhole() ?? []).toString()).toBe('abcdef')
    expect(request.takeWhole()).toBeUndefined()
    request.resume()
    caller.write(get())
    answer(served[0] as Exchange)
    await servedAt(1)
    expect(told).toEqual([])
  })

  test('that flows already cannot be taken whole', async () => {
    caller.write(`${post(3)}abc`)
    const { request } = await servedAt(0)
    request.resume()
    expect(request.takeWhole()).toBeUndefined()
  })

  test('that filled what is kept is taken whole, and the caller is listened to again', async () => {
    const length = 64 * 1024
    caller.write(post(length))
    caller.write(Buffer.alloc(length))
    const { request, response } = await servedAt(0)
    await expect.poll(() => request.complete).toBe(true)
    expect(accepted[0]?.isPaused()).toBe(true)
    expect(Buffer.concat(request.takeWhole() ?? []).length).toBe(length)
    expect(accepted[0]?.isPaused()).toBe(false)
    const left = closed(response)
    caller.destroy()
    await left
  })

  test('that breaks off is told, and so is the answer', async () => {
    caller.write(`${post(10)}abc`)
    const { request, response } = await servedAt(0)
    const told = Promise.all([once(request, 'close'), closed(response)])
    caller.resetAndDestroy()
    await told
    expect([request.complete, response.destroyed, response.writableFinished]).toEqual([false, true, false])
  })

  test('that breaks off is refused where the caller still listens', async () => {
    caller.end(`${post(10, '/v1/short')}abc`)
    await once(caller, 'close')
    expect([cut, heard]).toEqual([['/v1/short'], 'cut'])
  })

  test('that breaks off when its answer has begun ends the connection', async () => {
    caller.write(`${post(10)}abc`)
    const { response } = await servedAt(0)
    response.writeHead(200, [])
    response.write('begun')
    caller.end()
    await once(caller, 'close')
    expect(cut).toEqual([])
    expect(heard).toMatch(/begun\r\n$/)
  })

  test.each([
    ['is not there', get()],
    ['is whole', `${post(3)}abc`],
  ])('that %s is not missed when the caller sends no more', async (_, text) => {
    caller.end(text)
    await once(caller, 'close')
    expect([served.length, cut, heard]).toEqual([1, [], ''])
  })
})

describe('an answer', () => {
  test('is told to be out once all of it is with the system, and waits for a slow caller', async () => {
    caller.pause()
    caller.write(get())
    const { response } = await servedAt(0)
    response.writeHead(200, [])
    const piece = Buffer.alloc(1_000_000, 'a')
    let pieces = 0
    while (response.write(piece)) pieces++
    expect(pieces).toBeLessThan(50)
    const drained = once(response, 'drain')
    caller.resume()
    await drained
    const out = closed(response)
    response.end()
    await out
    expect(response.writableFinished).toBe(true)
    await expect.poll(() => heard.endsWith('0\r\n\r\n')).toBe(true)
  })

  test('that is longer than it said ends its connection: the rest would be read as the next answer', async () => {
    caller.write(get())
    const { response } = await servedAt(0)
    response.writeHead(200, ['content-length', '2'])
    expect(response.write(Buffer.from('ok'))).toBe(true)
    expect(response.write(Buffer.from('HTTP/1.1 200 OK'))).toBe(false)
    await once(caller, 'close')
    expect(heard).toMatch(/\r\n\r\nok$/)
  })

  test('that is shorter than it said ends its connection: the next answer would be read as the rest', async () => {
    caller.write(get() + get())
    const { response } = await servedAt(0)
    response.writeHead(200, ['content-length', '10'])
    response.end(Buffer.from('ok'))
    await once(caller, 'close')
    expect(heard).toMatch(/\r\n\r\nok$/)
    expect(served.length).toBe(1)
  })

  test('ends once, and takes nothing more', async () => {
    caller.write(`${post(3)}abc`)
    const { request, response } = await servedAt(0)
    const told: string[] = []
    for (const event of ['end', 'close']) request.on(event, () => told.push(`request ${event}`))
    response.on('close', () => told.push('response close'))
    request.resume()
    await expect.poll(() => told).toEqual(['request end'])
    response.writeHead(200, ['connection', 'close'])
    response.end(Buffer.from('ok'))
    response.end(Buffer.from('more'))
    expect(response.write('more')).toBe(false)
    await once(caller, 'close')
    await expect.poll(() => accepted[0]?.closed).toBe(true)
    request.resume()
    expect(heard).toMatch(/\r\n2\r\nok\r\n0\r\n\r\n$/)
    expect(told).toEqual(['request end', 'response close'])
    expect([response.destroyed, response.writableFinished]).toEqual([false, true])
  })

  test('that has no body may tell the length of what it leaves out', async () => {
    caller.write(get() + get('/v1/next'))
    const { response } = await servedAt(0)
    response.writeHead(304, ['content-length', '10'])
    response.end()
    expect((await servedAt(1)).request.url).toBe('/v1/next')
  })

  test('is not told to be out when its caller leaves before', async () => {
    caller.pause()
    caller.write(get())
    const { response } = await servedAt(0)
    response.writeHead(200, [])
    response.end(Buffer.alloc(20_000_000, 'a'))
    caller.resetAndDestroy()
    await closed(response)
    expect(response.writableFinished).toBe(false)
  })

  test('that is given up ends its connection, and goes nowhere then', async () => {
    caller.write(get())
    const { response } = await servedAt(0)
    expect(response.destroyed).toBe(false)
    response.destroy()
    expect(response.destroyed).toBe(true)
    response.writeHead(200, [])
    expect(response.write('late')).toBe(false)
    await once(caller, 'close')
    expect(heard).toBe('')
  })

  test('may say that it is the last', async () => {
    caller.write(get())
    const { response } = await servedAt(0)
    response.writeHead(200, ['content-length', '2', 'connection', 'close'])
    response.end(Buffer.from('ok'))
    await once(caller, 'close')
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-length: 2\r\nDate: [^\r]+\r\nConnection: close\r\n\r\nok$/)
  })

  test.each([
    ['a line', ['a', 'b\r\nc: d']],
    ['a character of more than a byte', ['a', '\u0141']],
    ['a space in its name', ['a b', 'c']],
  ])('has no header with %s', async (_, headers) => {
    caller.write(get())
    const { request, response } = await servedAt(0)
    expect(() => response.writeHead(200, headers)).toThrow('a header of this answer is none')
    expect(response.headersSent).toBe(false)
    answer({ request, response }, 'another')
    await expect.poll(() => heard).toMatch(/another$/)
  })
})

describe('a connection without a request', () => {
  const later = (seconds: number) => performance.now() + seconds * 1_000

  test('is ended when none has come in time, and then left alone', async () => {
    plain.sweep(later(19))
    expect(silent).toEqual([])
    plain.sweep(later(21))
    plain.sweep(later(22))
    await expect.poll(() => heard).toBe('too late')
    expect(silent[0]?.listenerCount('data')).toBe(0)
    await expect.poll(() => caller.closed).toBe(true)
    expect(silent.length).toBe(1)
  })

  test('is closed when the next has not come in time, but not while one is served', async () => {
    caller.write(get())
    const exchange = await servedAt(0)
    plain.sweep(later(1_000))
    plain.closeIdle()
    answer(exchange)
    await closed(exchange.response)
    plain.sweep(later(64))
    expect(accepted[0]?.destroyed).toBe(false)
    plain.sweep(later(66))
    await once(caller, 'close')
    expect(heard).toMatch(/ok$/)
  })

  test('is nobody’s any more once it is handed over', async () => {
    caller.write('GET /api HTTP/1.1\r\n')
    await expect.poll(() => handed.length).toBe(1)
    plain.sweep(later(1_000))
    plain.closeIdle()
    caller.write('Host: x\r\n\r\n')
    await expect.poll(() => handed.join('')).toBe('GET /api HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(silent).toEqual([])
  })

  test('is closed when the server stops, after an answer that says so', async () => {
    caller.write(get())
    const exchange = await servedAt(0)
    plain.isStopping = true
    answer(exchange)
    await once(caller, 'close')
    expect(heard).toMatch(/^Connection: close\r$/m)
  })
})

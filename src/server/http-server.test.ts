import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OwnkeyError } from '../contract/index.ts'
import { createHttpServer, firstSegment, type HttpServer } from './http-server.ts'
import { createLog } from './log.ts'
import { problemRefusal } from './refusal.ts'
import { drain, trackSockets } from './shutdown.ts'

const answering = (name: string) => ({
  handle: (_request: IncomingMessage, response: ServerResponse) => response.end(name),
})
/** As a gateway words it; how that is in each dialect is tested where the real one is. */
const refusalAt = (url: string, error: OwnkeyError) => problemRefusal(`gateway:${url}`, error)

const upgraded = (_request: IncomingMessage, socket: Duplex) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0
  for await (const part of request) bytes += (part as Buffer).length
  response.end(JSON.stringify({ method: request.method, bytes, names: Object.keys(request.headers) }))
}

/** Answers that the tests give when it suits them. */
let held: ServerResponse[]
const paths: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  '/echo': echo,
  '/held': (_request, response) => void held.push(response),
  '/begun': (_request, response) => {
    response.write('begun')
    held.push(response)
  },
}

let http: HttpServer
let sockets: ReturnType<typeof trackSockets>
let port: number

beforeEach(async () => {
  held = []
  http = createHttpServer({
    control: {
      handle: (request, response) => {
        const path = paths[request.url ?? '']
        if (path) path(request, response)
        else response.end('control')
      },
    },
    gateway: {
      ...answering('gateway'),
      upgrade: upgraded,
      refusalAt,
    },
    isGatewayName: (segment) => segment === 'acme',
    log: createLog({ level: 'silent' }),
  })
  sockets = trackSockets(http.server)
  await new Promise<void>((resolve) => http.server.listen(0, '127.0.0.1', resolve))
  port = (http.server.address() as AddressInfo).port
})
afterEach(() => drain({ ...http, sockets, seconds: 0 }))

/** Sends bytes as they are and answers with all that comes back until the server closes. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (part) => (answer += part.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}
const get = (path: string) => exchange(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)

describe('the listener', () => {
  test('drops none of many headers: what fits into a head is read to its end', async () => {
    const many = Array.from({ length: 2_500 }, (_, at) => `x${at}: 1\r\n`).join('')
    const answer = await exchange(
      `GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${many}Ownkey-Feature: chat\r\n\r\n`,
    )
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string).names).toContain('ownkey-feature')
  })

  test.each([
    ['/v1/chat/completions', 'gateway'],
    ['/acme/v1/models?key=1', 'gateway'],
    ['/acme', 'gateway'],
    ['/v1?x', 'gateway'],
    ['/', 'control'],
    ['/api/v1/orgs', 'control'],
    ['/healthz', 'control'],
    ['/v10/models', 'control'],
    ['/acmex/v1', 'control'],
    ['//acme/v1', 'control'],
    ['/%61cme/v1', 'control'],
    ['/ACME/v1', 'control'],
  ])('gives %s to the %s', async (path, name) => {
    expect((await get(path)).split('\r\n\r\n')[1]).toContain(name)
  })

  test.each(['http://example.test/acme/v1', '*'])('refuses the request target %s', async (target) => {
    const method = target === '*' ? 'OPTIONS' : 'GET'
    const answer = await exchange(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toMatch(/^ownkey-error: request_invalid\r$/im)
  })

  test.each(['/acme/live', '/api/live', '/', '*'])('gives an upgrade of %s to the gateway', async (path) => {
    const upgrade = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    expect(await exchange(upgrade)).toMatch(/^HTTP\/1.1 101 /)
  })

  test('serves a request that offers HTTP/2 on the way as an ordinary one, its body and what follows it included', async () => {
    const length = 3 * 1024 * 1024
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n'
    const one = `POST /echo HTTP/1.1\r\nHost: x\r\n${offer}Content-Length: ${length}\r\n\r\n${'b'.repeat(length)}`
    const two = `PUT /echo HTTP/1.1\r\nHost: x\r\n${offer}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`
    const last = 'GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const answer = await exchange(one + two.repeat(12) + last)
    expect(answer.match(/\{.*?\}/g)?.map((text) => JSON.parse(text))).toEqual([
      { method: 'POST', bytes: length, names: ['host', 'content-length'] },
      ...Array(12).fill({ method: 'PUT', bytes: 4, names: ['host', 'transfer-encoding'] }),
      { method: 'GET', bytes: 0, names: ['host', 'connection'] },
    ])
  })

  test.each([
    ['a malformed header', 'GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n', 400, 'request_invalid'],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00', 400, 'request_invalid'],
    ['a head of 40 KB', `GET / HTTP/1.1\r\nHost: x\r\nBig: ${'x'.repeat(40_000)}\r\n\r\n`, 431, 'head_too_large'],
    [
      'endless extensions of a chunk',
      `POST /held HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\nx\r\n`,
      413,
      'body_too_large',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400, 'request_invalid'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400, 'request_invalid'],
    ['a tunnel', 'CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n', 400, 'request_invalid'],
  ])('refuses %s with a code and what to do, and closes', async (_what, text, status, code) => {
    const answer = await exchange(text)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toMatch(new RegExp(`^ownkey-error: ${code}\r$`, 'im'))
    const fix = expect.stringMatching(/./)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject({ status, code, fix })
  })

  test('words what it cannot parse as the gateway does, where the gateway was called', async () => {
    const answer = await exchange('POST /acme/v1/chat?key=1 HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n')
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject({ instance: 'gateway:/acme/v1/chat' })
  })

  test('serves a request of HTTP/1.0 without a host, and one that expects what nobody knows', async () => {
    expect(await exchange('GET / HTTP/1.0\r\n\r\n')).toContain('control')
    expect(await exchange('GET / HTTP/1.0\r\nExpect: miracles\r\n\r\n')).toContain('control')
  })

  test('says nothing in the middle of an answer that has begun before its request was broken', async () => {
    const first = 'POST /begun HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await exchange(`${first}zz\r\n`)).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\n\r\n5\r\nbegun\r\n$/)
  })

  test('refuses a body that is framed twice', async () => {
    const answer = await exchange(
      'POST /acme/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
  })

  test('says in every answer of a shutdown that the connection ends, so that nobody sends more on it', async () => {
    const keptOpen = exchange('GET /held HTTP/1.1\r\nHost: x\r\n\r\n')
    const halfSent = connect(port, '127.0.0.1', () => halfSent.write('GET /echo HTTP/1.1\r\nHost:'))
    const late = new Promise((resolve) => halfSent.once('data', (part) => resolve(part.toString('latin1'))))
    await expect.poll(() => held.length).toBe(1)
    await expect.poll(() => sockets.size).toBe(2)
    const drained = drain({ ...http, sockets, seconds: 10 })
    held[0]?.end('held')
    halfSent.write(' x\r\n\r\n')
    for (const answer of [keptOpen, late]) expect(await answer).toMatch(/^HTTP\/1.1 200 [\s\S]*^connection: close\r$/im)
    await drained
  })

  test('cuts connections that are still open when draining is over, idle and half-sent ones', async () => {
    const halfSent = exchange('GET / HTTP/1.1\r\nHost:')
    const idle = exchange('')
    await expect.poll(() => sockets.size).toBe(2)
    await drain({ ...http, sockets, seconds: 0.05 })
    await Promise.allSettled([halfSent, idle])
    await expect.poll(() => sockets.size).toBe(0)
  })

  test('ends also when not everybody can be told', async () => {
    const open = get('/held')
    await expect.poll(() => held.length).toBe(1)
    await drain({ ...http, sockets, seconds: 0.05, beforeCut: () => Promise.reject(new Error('cannot be told')) })
    await Promise.allSettled([open])
    await expect.poll(() => sockets.size).toBe(0)
  })
})

describe('behind a request whose answer is not out yet', () => {
  const before = 'GET /held HTTP/1.1\r\nHost: x\r\n\r\n'
  const upgradeTo = (protocol: string) =>
    `GET /acme HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`
  const kinds: [string, string, RegExp][] = [
    ['what cannot be parsed', 'NONSENSE\r\n\r\n', /^HTTP\/1.1 400 /],
    ['a WebSocket handshake', upgradeTo('websocket'), /^HTTP\/1.1 101 /],
    ['an offer of HTTP/2', `${upgradeTo('h2c')}NONSENSE\r\n\r\n`, /^HTTP\/1.1 200 [\s\S]*gateway/],
    ['a tunnel', 'CONNECT example.test:443 HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1.1 400 /],
  ]

  test.each(kinds)('%s is answered in its turn', async (_what, text, expected) => {
    const answers = exchange(before + text)
    await expect.poll(() => held.length).toBe(1)
    held[0]?.end('held')
    const [first, second] = (await answers).split(/\r\n\r\n(?:4\r\n)?held(?:\r\n0\r\n\r\n)?/)
    expect(first).toMatch(/^HTTP\/1.1 200 /)
    expect(second).toMatch(expected)
  })

  test('an offer of HTTP/2 is not cut off as an idle connection', async () => {
    const answers = exchange(`${before}${upgradeTo('h2c').replace('/acme', '/held')}`)
    await expect.poll(() => held.length).toBe(1)
    held[0]?.end('held')
    await expect.poll(() => held.length).toBe(2)
    const second = held[1] as ServerResponse
    expect(second.req.socket.timeout ?? 0).toBe(0)
    second.setHeader('connection', 'close')
    second.end('second')
    expect(await answers).toMatch(/held[\s\S]*second/)
  })

  test.each(kinds)('%s of a caller whose connection breaks is nothing to anybody', async (_what, text) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(before + text))
    await expect.poll(() => held.length).toBe(1)
    const gone = new Promise((resolve) => held[0]?.once('close', resolve))
    socket.resetAndDestroy()
    await gone
    expect(await get('/')).toContain('control')
  })

  test('a long answer goes on at its reader’s pace', async () => {
    const answers = exchange(before + upgradeTo('websocket'))
    await expect.poll(() => held.length).toBe(1)
    const response = held[0] as ServerResponse
    for (let part = 0; part < 200; part++)
      if (!response.write('x'.repeat(100_000))) await new Promise((resolve) => response.once('drain', resolve))
    response.end()
    expect(await answers).toMatch(/x\r\n0\r\n\r\nHTTP\/1.1 101 /)
  })
})

describe('a listener with little patience', () => {
  let impatient: HttpServer
  let open: ReturnType<typeof trackSockets>
  let at: number
  beforeEach(async () => {
    impatient = createHttpServer({
      // Reads the body to its end, as the control API does.
      control: {
        handle: (request, response) =>
          void request
            .on('error', () => {})
            .resume()
            .on('end', () => response.end('read')),
      },
      gateway: { ...answering('gateway'), upgrade: upgraded, refusalAt },
      isGatewayName: () => false,
      log: createLog({ level: 'silent' }),
      limits: { headSeconds: 1, bodySeconds: 1.5, checkEveryMs: 50, connections: 5 },
    })
    open = trackSockets(impatient.server)
    await new Promise<void>((resolve) => impatient.server.listen(0, '127.0.0.1', resolve))
    at = (impatient.server.address() as AddressInfo).port
  })
  afterEach(() => drain({ ...impatient, sockets: open, seconds: 0 }))

  /** Writes the first part, then one byte of the rest every 20 ms, until the server ends it. */
  function trickle(first: string, rest = ''): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(at, '127.0.0.1', () => socket.write(first))
      let answer = ''
      let sent = 0
      const timer = setInterval(() => rest !== '' && socket.write(rest[sent++ % rest.length] as string), 20)
      socket.on('data', (part) => (answer += part.toString('latin1')))
      socket.on('error', () => {})
      socket.on('close', () => {
        clearInterval(timer)
        resolve(answer)
      })
    })
  }

  test('ends a head that comes byte by byte', async () => {
    const answer = await trickle('GET / HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 408 [\s\S]*^Ownkey-Error: request_stalled\r$/m)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject({ code: 'request_stalled', status: 408 })
  })

  test('ends connections that never say a word', async () => {
    expect(await trickle('')).toMatch(/^(HTTP\/1.1 408 |$)/)
  })

  test.each([
    ['stalls', ''],
    ['trickles', 'x'],
  ])('answers a body that %s with 408 and what to know', async (_how, rest) => {
    const answer = await trickle('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{', rest)
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n[\s\S]*^Ownkey-Error: request_stalled\r$/m)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject({ code: 'request_stalled', status: 408 })
  })

  test('leaves a connection alone whose body was complete in time', async () => {
    const socket = connect(at, '127.0.0.1')
    const closed = once(socket, 'close')
    const ask = async () => {
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx')
      return String(await Promise.race([once(socket, 'data'), closed]))
    }
    expect(await ask()).toContain('read')
    // A body that began later is ended: so would this connection have been, had its timer not been lifted.
    expect(await trickle('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{')).toContain(' 408 ')
    expect(await ask()).toContain('read')
    socket.destroy()
  })

  test('closes connections beyond its bound at once, and answers again when there is room', async () => {
    const get = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    const idle = Array.from({ length: 5 }, () => trickle(''))
    await expect.poll(() => open.size).toBe(5)
    expect(await trickle(get)).toBe('')
    await Promise.all(idle)
    expect(await trickle(get)).toContain('read')
  })
})

test('the first segment of a path is read without decoding anything', () => {
  expect(['/a/b', '/a?b/c', '/a', '/', 'a', undefined].map(firstSegment)).toEqual([
    'a',
    'a',
    'a',
    '',
    undefined,
    undefined,
  ])
})

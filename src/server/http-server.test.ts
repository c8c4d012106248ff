import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHttpServer, firstSegment } from './http-server.ts'
import { createLog } from './log.ts'
import { drain, trackSockets } from './shutdown.ts'

const answering = (name: string) => ({
  handle: (_request: IncomingMessage, response: ServerResponse) => response.end(name),
})

const upgraded = (_request: IncomingMessage, socket: Duplex) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0
  for await (const part of request) bytes += (part as Buffer).length
  response.end(JSON.stringify({ method: request.method, bytes, names: Object.keys(request.headers) }))
}

let server: ReturnType<typeof createHttpServer>
let sockets: ReturnType<typeof trackSockets>
let port: number

beforeEach(async () => {
  server = createHttpServer({
    control: {
      handle: (request, response) => (request.url === '/echo' ? echo(request, response) : response.end('control')),
    },
    gateway: {
      ...answering('gateway'),
      upgrade: upgraded,
    },
    isGatewayName: (segment) => segment === 'acme',
    log: createLog({ level: 'silent' }),
  })
  sockets = trackSockets(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => drain({ server, sockets, seconds: 0 }))

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

  test('answers what it cannot parse and closes', async () => {
    expect(await exchange('GET / HTTP/1.1\r\nBad Header: 1\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await exchange(`GET / HTTP/1.1\r\nHost: x\r\nBig: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
  })

  test('refuses a body that is framed twice', async () => {
    const answer = await exchange(
      'POST /acme/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
  })

  test('cuts connections that are still open when draining is over, idle and half-sent ones', async () => {
    const halfSent = exchange('GET / HTTP/1.1\r\nHost:')
    const idle = exchange('')
    await expect.poll(() => sockets.size).toBe(2)
    await drain({ server, sockets, seconds: 0.05 })
    await Promise.allSettled([halfSent, idle])
    await expect.poll(() => sockets.size).toBe(0)
  })
})

describe('a listener with little patience', () => {
  let impatient: ReturnType<typeof createHttpServer>
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
      gateway: { ...answering('gateway'), upgrade: upgraded },
      isGatewayName: () => false,
      log: createLog({ level: 'silent' }),
      limits: { headSeconds: 0.3, bodySeconds: 0.5, checkEveryMs: 50, connections: 5 },
    })
    open = trackSockets(impatient)
    await new Promise<void>((resolve) => impatient.listen(0, '127.0.0.1', resolve))
    at = (impatient.address() as AddressInfo).port
  })
  afterEach(() => drain({ server: impatient, sockets: open, seconds: 0 }))

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
    expect(await trickle('GET / HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n')).toMatch(/^HTTP\/1.1 408 /)
  })

  test('ends connections that never say a word', async () => {
    expect(await trickle('')).toMatch(/^(HTTP\/1.1 408 |$)/)
  })

  test.each([
    ['stalls', ''],
    ['trickles', 'x'],
  ])('answers a body that %s with 408 and what to know', async (_how, rest) => {
    const answer = await trickle('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{', rest)
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject({ code: 'request_stalled', status: 408 })
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

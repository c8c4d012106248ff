import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallerRequest, CallerResponse } from '../../gateway/index.ts'
import { PlainConnections } from './plain-connections.ts'

/** Answers with what it was asked, in one of several ways. */
function answer(request: CallerRequest, response: CallerResponse): void {
  const parts: Buffer[] = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const { method, url, rawHeaders, complete } = request
    const asked = { method, url, rawHeaders, complete, body: Buffer.concat(parts).toString('latin1') }
    const text = Buffer.from(JSON.stringify(asked))
    const way = Object.keys(ways).find((name) => url?.includes(name))
    ;(ways[way ?? ''] ?? whole)(response, text)
  })
  request.resume()
}

const json = ['content-type', 'application/json']

function whole(response: CallerResponse, text: Buffer): void {
  response.writeHead(200, [...json, 'content-length', String(text.length)])
  response.end(text)
}

const ways: Readonly<Record<string, (response: CallerResponse, text: Buffer) => void>> = {
  pieces: (response, text) => {
    response.writeHead(429, json)
    for (let at = 0; at < text.length; at += 100) response.write(text.subarray(at, at + 100))
    response.end()
  },
  text: (response, text) => {
    response.writeHead(201, json)
    response.write(`${text}ä`)
    response.end(text)
  },
  large: (response, text) => {
    response.writeHead(200, json)
    response.write(Buffer.concat(Array(200).fill(text)))
    response.end()
  },
  nothing: (response) => {
    response.writeHead(204, ['a', 'b'])
    response.end()
  },
  unknown: (response) => {
    response.writeHead(299, ['content-length', '0'])
    response.end()
  },
}

/** How many requests were served as plain ones. */
let plain = 0
let alone: Server
let behind: Server

beforeAll(async () => {
  const options = { keepAliveTimeout: 65_000 }
  alone = createServer(options, answer)
  behind = createServer(options, answer)
  const [listener] = behind.listeners('connection') as [(this: Server, socket: unknown) => void]
  behind.off('connection', listener)
  const connections = new PlainConnections({
    takes: () => true,
    serve: (request, response) => {
      plain++
      answer(request, response)
    },
    handOver: (socket) => listener.call(behind, socket),
    refuseCut: (socket) => socket.destroy(),
    refuseSilent: (socket) => socket.destroy(),
    headBytes: 16 * 1024,
    headSeconds: 20,
    keepAliveSeconds: 65,
  })
  behind.on('connection', (socket) => connections.take(socket))
  for (const server of [alone, behind]) await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  for (const server of [alone, behind]) server.close().closeAllConnections()
})

/** Writes pieces, a turn of the event loop between them, and gives all that comes back, without the time. */
async function said(server: Server, pieces: readonly Buffer[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let text = ''
  socket.on('data', (part) => (text += part.toString('latin1')))
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece)
    await turn()
  }
  await closed
  return text.replace(/^Date: .*$/gm, 'Date')
}

/** The end of what is sent: a request after which the server closes. */
const goodbye = 'GET /bye HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

async function expectSame(text: string, cuts: readonly number[] = [], last = goodbye): Promise<void> {
  const bytes = Buffer.from(text + last, 'latin1')
  const places = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length]
  const pieces = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
  expect(await said(behind, pieces)).toBe(await said(alone, pieces))
}

/** A seeded source of numbers below a bound: what fails once fails again. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const bodyOf = (length: number) => 'abc\r\n\r\n0 GET / HTTP/1.1\r\n'.repeat(Math.ceil(length / 25)).slice(0, length)

const wellFormed = [
  ['A: b', 'A:', 'a-b_c.d!#$: 1', 'A: \xe4\xf6', 'Cookie: a=b', 'TE: trailers', 'Keep-Alive: 5', 'Trailer: x'],
  ['Connection: keep-alive', 'B: 1', 'Connection: Keep-Alive', 'Connection: TE', 'Proxy-Connection: keep-alive'],
]
const hosts = ['Host: x', 'host:x', 'HOST: \tx ']
function someRequest(pick: (below: number) => number): string {
  const one = (values: readonly string[]): string => values[pick(values.length)] as string
  const length = [0, 0, 1, 30, 700, 5_000, 70_000][pick(7)] as number
  const path = one(['/', '/v1/x?a=b', '/pieces', '/text', '/large', '/nothing', '/unknown', '/a%20b;c#d'])
  const fields = [hosts, ...wellFormed].map(one)
  const method = one(length > 0 ? ['POST', 'PUT', 'PATCH', 'DELETE'] : ['GET', 'POST', 'OPTIONS'])
  const body = bodyOf(length)
  if (length > 0 && pick(8) === 0) {
    const chunk = `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    return [`${method} ${path} HTTP/1.1`, ...fields, 'Transfer-Encoding: chunked', '', chunk].join('\r\n')
  }
  if (length > 0 || method === 'POST')
    fields.push(one(['Content-Length: ', 'content-length:', 'CONTENT-LENGTH: 0']) + length)
  return [`${method} ${path} HTTP/1.1`, ...fields, '', body].join('\r\n')
}

describe('a plain connection', () => {
  test.each([
    ['one request', 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a body', `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n${bodyOf(300)}`],
    ['an answer in pieces', 'GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an answer of text', 'GET /text HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a large answer', `POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n${bodyOf(300)}`],
    ['an answer without a body', 'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an unknown status', 'GET /unknown HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['one behind the other', 'GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(5)],
    [
      'a request that is not plain behind one that is',
      'GET /a HTTP/1.1\r\nHost: x\r\n\r\nHEAD /b HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
  ])('answers %s as Node does, byte for byte, wherever it is cut', async (_, text) => {
    const before = plain
    await expectSame(text)
    expect(plain).toBeGreaterThan(before)
    const places = Array.from({ length: Math.min(text.length, 400) }, (_, at) => at)
    await Promise.all(places.map((cut) => expectSame(text, [cut])))
    await expectSame(text, places)
  })

  test.each([
    'A : b',
    'A: b\0',
    'A: b\rB: c',
    ': a',
    '\xe4: b',
    'A',
    'Content-Length: +1',
    'Content-Length: 1, 1',
    'Content-Length: 1\r\nContent-Length: 1',
    'Content-Length: 1\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
  ])('leaves it to Node to refuse %j', async (field) => {
    await expectSame(`POST / HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n`, [], '')
    await expectSame(`POST / HTTP/1.1\r\n${field}\r\nHost: x\r\n\r\n`, [], '')
  })

  test('leaves it to Node what a tab behind a length is: later versions take it', async () => {
    await expectSame('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\t\r\n\r\nx')
  })

  test('answers whatever comes as Node does, byte for byte', async () => {
    const before = plain
    for (let round = 0; round < 15; round++) {
      await Promise.all(
        Array.from({ length: 20 }, (_, at) => {
          const pick = numbers(round * 20 + at + 1)
          const text = Array.from({ length: 1 + pick(5) }, () => someRequest(pick)).join('')
          const cuts = Array.from({ length: pick(6) }, () => pick(text.length)).sort((one, other) => one - other)
          return expectSame(text, cuts)
        }),
      )
    }
    expect(plain - before).toBeGreaterThan(200)
  })
})

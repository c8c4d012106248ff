import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.ts'
import { type OpenOrigin, openOrigin } from '../../../../test/support/open-origin.ts'
import { plainAnswer } from '../../../../test/support/wire-answers.ts'
import { type Peer, startWireServer, turns, until, type WireServer } from '../../../../test/support/wire-server.ts'
import { type ConnectorOptions, createConnector, socketTarget } from './open-socket.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function startServer(options: Parameters<typeof startWireServer>[0]): Promise<WireServer> {
  const server = await startWireServer(options)
  closing.push(() => server.close())
  return server
}

function open(origin: string, options: Partial<ConnectorOptions> = {}): OpenOrigin {
  const opened = openOrigin(origin, createConnector({ timeoutMs: 20_000, ...options }))
  closing.push(() => opened.close())
  return opened
}

/** Every name is this machine. */
const here: ConnectorOptions['lookup'] = (_, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)

const answering = (body: string) => (peer: Peer) => {
  let answered = 0
  peer.socket.on('data', () => {
    const asked = peer.received().split('\r\n\r\n').length - 1
    for (; answered < asked; answered++) void peer.say(plainAnswer(body))
  })
}

const certificate = makeCertificate(['api.test', '127.0.0.1'])
const { cert: ca } = certificate

describe('a target', () => {
  test.each([
    ['https://api.test', { protocol: 'https:', hostname: 'api.test', host: 'api.test', port: '' }],
    ['https://api.test:443', { protocol: 'https:', hostname: 'api.test', host: 'api.test', port: '' }],
    ['http://[::1]:8080', { protocol: 'http:', hostname: '::1', host: '[::1]:8080', port: '8080' }],
  ])('of %s', (origin, target) => {
    expect(socketTarget(origin)).toEqual(target)
  })
})

describe('TLS', () => {
  test('carries exchanges, many at once, and its connections are used again', async () => {
    const server = await startServer({ tls: certificate, script: answering('through tls') })
    const origin = open(`https://api.test:${server.port}`, { ca, lookup: here })
    for (let round = 0; round < 5; round++) {
      const asked = Array.from({ length: 20 }, (_, i) => origin.ask({ method: 'POST', body: Buffer.alloc(i * 1_000) }))
      for (const { heard } of asked) await heard.over
      expect(asked.map(({ heard }) => heard.error ?? heard.body)).toEqual(asked.map(() => 'through tls'))
      await turns(4)
    }
    expect(server.peers).toHaveLength(20)
    expect(server.peers[0]?.received()).toContain(`\r\nhost: api.test:${server.port}\r\n`)
  })

  test.each([
    ['1.2', 'TLSv1.2'],
    ['1.3', 'TLSv1.3'],
  ] as const)('%s is resumed by the next connection', async (_, version) => {
    const tls = { ...certificate, minVersion: version, maxVersion: version }
    const resumed: boolean[] = []
    const script = (peer: Peer) => {
      resumed.push((peer.socket as TLSSocket).isSessionReused())
      answering('ok')(peer)
    }
    const server = await startServer({ tls, script })
    const origin = open(`https://api.test:${server.port}`, { ca, lookup: here })
    for (let i = 0; i < 3; i++) {
      const { heard } = origin.ask()
      expect(await heard.code()).toBe(undefined)
      server.peers[i]?.socket.end()
      await until(() => origin.sockets[i]?.destroyed === true)
    }
    expect(resumed).toEqual([false, true, true])
  })

  test('says the host’s name, and none where it is an address', async () => {
    const server = await startServer({ tls: certificate, script: answering('ok') })
    for (const host of ['api.test', '127.0.0.1']) {
      const { heard } = open(`https://${host}:${server.port}`, { ca, lookup: here }).ask()
      expect(await heard.code()).toBe(undefined)
    }
    expect(server.peers.map(({ socket }) => (socket as TLSSocket & { servername: unknown }).servername)).toEqual([
      'api.test',
      false,
    ])
  })

  test.each([
    ['for another host', makeCertificate(['other.test']), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that has expired', makeCertificate(['api.test'], { days: -1 }), 'CERT_HAS_EXPIRED'],
  ])('with a certificate %s is an error, and nothing is sent', async (_, bad, code) => {
    const server = await startServer({ tls: bad })
    const origin = open(`https://api.test:${server.port}`, { ca: bad.cert, lookup: here })
    // Twice: what was refused must not be resumed.
    for (const { heard } of [origin.ask({ headers: ['authorization', 'x'] }), origin.ask()])
      expect(await heard.code()).toBe(code)
    const { heard } = origin.ask()
    expect(await heard.code()).toBe(code)
    await until(() => origin.connections.isEmpty)
    for (const peer of server.peers) await peer.gone
    expect(server.peers.map((peer) => peer.received()).join('')).toBe('')
  })

  test('with a certificate that nobody vouches for is an error', async () => {
    const server = await startServer({ tls: certificate })
    const { heard } = open(`https://api.test:${server.port}`, { lookup: here }).ask()
    expect(await heard.code()).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  test('is not resumed at another port of the same host', async () => {
    const first = await startServer({ tls: certificate, script: answering('first') })
    const second = await startServer({ tls: makeCertificate(['api.test']), script: answering('second') })
    const connect = createConnector({ timeoutMs: 20_000, ca, lookup: here })
    const origins = [first, second].map(({ port }) => openOrigin(`https://api.test:${port}`, connect))
    for (const origin of origins) closing.push(() => origin.close())
    const codes = []
    for (const origin of origins) codes.push(await origin.ask().heard.code())
    expect(codes).toEqual([undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'])
  })

  test('with a server that speaks something else is an error', async () => {
    const server = await startServer({ script: (peer) => void peer.say('220 mail.test ESMTP\r\n') })
    const { heard } = open(`https://api.test:${server.port}`, { ca, lookup: here }).ask()
    expect(await heard.code()).toMatch(/^ERR_SSL_|^EPROTO$/)
  })

  test('whose server hangs up in the handshake is an error', async () => {
    const server = await startServer({ script: ({ socket }) => socket.once('data', () => socket.end()) })
    const { heard } = open(`https://api.test:${server.port}`, { ca, lookup: here }).ask()
    expect(await heard.code()).toBe('ECONNRESET')
  })

  test.each([
    ['that ends in order', 'end', '', undefined],
    ['whose wire is reset', 'reset', '', 'ECONNRESET'],
    ['whose wire ends before its length', 'cut', 'content-length: 99\r\n', 'connection_closed'],
  ] as const)('carries an answer %s as such', async (_, end, framing, code) => {
    const server = await startServer({ tls: certificate })
    const wire = await startWire(server.port)
    const origin = open(`https://api.test:${wire.port}`, { ca, lookup: here })
    const { heard } = origin.ask()
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say(`HTTP/1.1 200 OK\r\n${framing}\r\nall that comes`)
    await until(() => heard.body === 'all that comes')
    if (end === 'end') peer.socket.end()
    else if (end === 'cut') wire.sockets[0]?.end()
    else wire.sockets[0]?.resetAndDestroy()
    expect(await heard.code()).toBe(code)
  })
})

/** A wire that can be cut, in front of a server. */
async function startWire(port: number) {
  const sockets: Socket[] = []
  const wire = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    sockets.push(near)
    near.pipe(far).on('error', () => near.destroy())
    far.pipe(near).on('error', () => far.destroy())
  })
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => wire.close(resolve))
  })
  return { sockets, port: (wire.address() as AddressInfo).port }
}

describe('a connection that does not come to stand', () => {
  /** Accepts connections and says nothing. */
  const silent = () => startServer({})

  test('is given up when its time is over', async () => {
    const server = await silent()
    const origin = open(`https://api.test:${server.port}`, { timeoutMs: 50, ca, lookup: here })
    const { heard } = origin.ask()
    expect(await heard.code()).toBe('connect_timeout')
    await until(() => origin.connections.isEmpty)
    await (await server.peer(0)).gone
  })

  test('is given up when its exchange is, and says so once', async () => {
    const server = await silent()
    const origin = open(`https://api.test:${server.port}`, { ca, lookup: here })
    const asked = origin.ask()
    const peer = await server.peer(0)
    await until(() => peer.received() !== '')
    const gone = new Error('given up')
    asked.abort(gone)
    await peer.gone
    await until(() => origin.connections.isEmpty)
    expect([asked.heard.error, asked.heard.calls]).toEqual([gone, ['error']])
  })

  test('is not counted by the clock of answers', async () => {
    const server = await silent()
    const origin = open(`https://api.test:${server.port}`, { ca, lookup: here })
    const { heard } = origin.ask()
    await server.peer(0)
    origin.ticks(100)
    expect(heard.calls).toEqual([])
  })

  test.each(['http', 'https'])('is told once, over %s', async (scheme) => {
    const server = await silent()
    const told: (string | undefined)[] = []
    const target = socketTarget(`${scheme}://127.0.0.1:${server.port}`)
    const connect = createConnector({ timeoutMs: 20_000 })
    const socket = connect(target, (error) => told.push((error as NodeJS.ErrnoException | null)?.code))
    socket?.destroy(Object.assign(new Error('broken'), { code: 'EBROKEN' }))
    await new Promise((resolve) => socket?.once('close', resolve))
    expect(told).toEqual(['EBROKEN'])
  })

  test('because its name is nobody’s is an error', async () => {
    const lookup: ConnectorOptions['lookup'] = (_, _options, done) =>
      done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), [])
    const { heard } = open('https://api.test', { lookup }).ask()
    expect(await heard.code()).toBe('ENOTFOUND')
  })

  test('leaves no timer behind', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    await new Promise((resolve) => taken.close(resolve))
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const origin = open(`http://127.0.0.1:${port}`)
    const asked = Array.from({ length: 20 }, () => origin.ask())
    expect(timers()).toBeGreaterThan(before)
    for (const { heard, abort } of asked.slice(10)) {
      abort(new Error('given up'))
      await heard.over
    }
    for (const { heard } of asked) await heard.over
    await until(() => origin.connections.isEmpty)
    expect(timers()).toBeLessThanOrEqual(before)
  })
})

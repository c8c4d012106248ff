import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { noNames } from '../../../test/support/no-names.ts'
import { Secret } from '../../crypto/index.ts'
import { KeyRedactor } from '../answer/key-redactor.ts'
import { Egress } from '../egress/egress.ts'
import { type Dialled, dialProvider, type Refused } from './dial-provider.ts'

/** A provider that accepts connections and says nothing. */
let silent: Server
let origin: string
let connections: Socket[]
let egress: Egress

beforeEach(async () => {
  connections = []
  silent = createServer((socket) => connections.push(socket.on('error', () => {}).resume()))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  egress = new Egress({
    limits: () => ({ connectTimeoutMs: 2_000, firstByteTimeoutMs: 2_000, idleTimeoutMs: 2_000, privateHosts: [] }),
    lookup: noNames,
  })
})
afterEach(async () => {
  await egress.close()
  for (const socket of connections) socket.destroy()
  silent.close()
})

const secret = new Secret('sk-some-key-of-a-test')
const dial = ({ guarded = false, to = origin, timeoutMs = 5_000, signal = new AbortController().signal } = {}) =>
  dialProvider({
    opened: { origin: to, guarded, path: '/v1', headers: [], protocols: [], redactor: new KeyRedactor(secret), secret },
    connect: egress.connector(guarded),
    timeoutMs,
    maxMessageBytes: 1024,
    signal,
  })

describe('dialling a provider', () => {
  test('is given up when it does not answer in time', async () => {
    await expect(dial({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'upstream_timeout' })
    await expect.poll(() => connections.every((socket) => socket.destroyed || socket.readableEnded)).toBe(true)
  })

  test('is given up at once when the caller leaves, and the connection with it', async () => {
    const leaving = new AbortController()
    const dialling = dial({ signal: leaving.signal })
    const closed = new Promise((resolve) => silent.once('connection', (socket) => socket.once('end', resolve)))
    silent.once('connection', () => leaving.abort())
    await expect(dialling).rejects.toThrow('the caller went away')
    await closed
  })

  test.each(['HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'])(
    'leaves no connection behind when the provider answers %j and keeps it open',
    async (answer) => {
      const closed = new Promise((resolve) => silent.once('connection', (socket) => socket.once('close', resolve)))
      silent.once('connection', (socket) => socket.write(answer))
      expect(await dial()).toMatchObject({ status: Number(answer.slice(9, 12)) })
      await closed
    },
  )

  test.each(['http://127.0.0.1', 'https://127.0.0.1', 'https://[::1]', 'https://169.254.169.254', 'https://localhost'])(
    'never reaches %s for a customer',
    async (to) => {
      const port = new URL(origin).port
      await expect(dial({ guarded: true, to: `${to}:${port}` })).rejects.toMatchObject({ code: 'host_not_allowed' })
      expect(connections).toHaveLength(0)
    },
  )

  test('ends nothing once the provider has answered, however long that was allowed to take', async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await new Promise((resolve) => sockets.once('listening', resolve))
    const { port } = sockets.address() as AddressInfo
    const timeoutMs = 300
    const dialled = (await dial({ to: `http://127.0.0.1:${port}`, timeoutMs })) as Dialled
    // The time of one that began later is over, too.
    await expect(dial({ timeoutMs })).rejects.toMatchObject({ code: 'upstream_timeout' })
    expect(dialled.websocket.readyState).toBe(dialled.websocket.OPEN)
    dialled.websocket.terminate()
    sockets.close()
  })

  test('awaits no more of a refusal than the beginning, and takes one that breaks off', async () => {
    const head = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 100000000\r\n\r\n'
    silent.once('connection', (socket) => socket.write(head + 'x'.repeat(300 * 1024)))
    const endless = (await dial()) as Refused
    expect([endless.status, endless.body.length > 256 * 1024]).toEqual([401, true])
    silent.once('connection', (socket) => socket.end(`${head}{"er`))
    const broken = (await dial()) as Refused
    expect([broken.status, broken.body.toString()]).toEqual([401, '{"er'])
  })

  test('tells of a host that refuses connections', async () => {
    silent.close()
    await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

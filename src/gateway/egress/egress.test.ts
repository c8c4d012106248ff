import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { noNames } from '../../../test/support/no-names.ts'
import { plainAnswer } from '../../../test/support/wire-answers.ts'
import { Heard, startWireServer, turns, until, type WireServer } from '../../../test/support/wire-server.ts'
import { collectAnswer } from './collect-answer.ts'
import { Egress, type EgressLimits, type UpstreamRequest } from './egress.ts'

let server: WireServer
let limits: EgressLimits
let egress: Egress
beforeEach(async () => {
  server = await startWireServer()
  limits = { connectTimeoutMs: 20_000, firstByteTimeoutMs: 60_000, idleTimeoutMs: 60_000, privateHosts: [] }
  egress = new Egress({ limits: () => limits, lookup: noNames })
})
afterEach(async () => {
  egress.close()
  await server.close()
})

function request(change: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return { origin: server.origin, guarded: false, method: 'GET', path: '/', headers: [], body: null, ...change }
}

function send(change: Partial<UpstreamRequest> = {}): Heard {
  const heard = new Heard()
  egress.send(request(change), heard)
  return heard
}

describe('the egress', () => {
  test('never lets a host that a customer named ride on a connection that was not checked', async () => {
    const own = send()
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say(plainAnswer('ok'))
    await own.over
    await turns(3)
    expect(await send({ guarded: true }).code()).toBe('host_not_allowed')
    expect(server.peers).toHaveLength(1)
  })

  test('goes by the limits that are in force when it connects', async () => {
    expect(await send({ guarded: true }).code()).toBe('host_not_allowed')
    limits = { ...limits, privateHosts: ['127.0.0.1'] }
    const heard = send({ guarded: true })
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say(plainAnswer('ok'))
    expect(await heard.code()).toBe(undefined)
  })

  test('gives up a provider that is silent for too long', async () => {
    limits = { ...limits, firstByteTimeoutMs: 1 }
    const heard = send()
    expect(await heard.code()).toBe('first_byte_timeout')
    await (await server.peer(0)).gone
  })

  test('that is closed ends what is under way, and begins nothing', async () => {
    const before = send()
    const peer = await server.peer(0)
    await peer.requests(1)
    egress.close()
    expect(await before.code()).toBe('connection_closed')
    await peer.gone
    const after = send()
    expect([after.calls, await after.code()]).toEqual([['error'], 'connection_closed'])
    await turns(5)
    expect(server.peers).toHaveLength(1)
  })
})

describe('a small request', () => {
  const collect = (timeoutMs = 60_000) => collectAnswer(egress, request(), { timeoutMs })

  test('has its answer read', async () => {
    const collected = collect()
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say('HTTP/1.1 401 No\r\nX-Kind: wrong\r\ncontent-length: 11\r\n\r\n{"error":1}')
    expect(await collected).toMatchObject({ status: 401, headers: { 'x-kind': 'wrong' }, body: { error: 1 } })
  })

  test('takes no more of an answer than a small one has', async () => {
    const collected = collect()
    const peer = await server.peer(0)
    await peer.requests(1)
    await peer.say(`HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n${'x'.repeat(1024 * 1024)}`)
    const { status, body } = await collected
    expect(status).toBe(200)
    expect((body as string).length).toBeLessThan(640 * 1024)
    await peer.gone
  })

  test('is given up after its time, and its connection with it', async () => {
    const collected = collect(20)
    await expect(collected).rejects.toMatchObject({ code: 'upstream_timeout' })
    await until(() => server.peers.every(({ socket }) => socket.readableEnded || socket.destroyed))
  })

  test('says in Ownkey’s words that nothing answers', async () => {
    await server.close()
    await expect(collect()).rejects.toMatchObject({ code: 'upstream_unreachable', facts: { cause: 'ECONNREFUSED' } })
  })
})

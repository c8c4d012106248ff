import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { type OpenSocket, open, watch } from '../support/socket-client.ts'
import { signal } from '../support/upstream.ts'

/** What a socket may hold or keep open that does not behave. */
let journey: Journey
const handshakeTimeoutSeconds = 20
/** What the contract allows between the caller's leaving and the provider's connection being closed, and some. */
const soonMs = 5_000

beforeAll(async () => {
  journey = await startJourney({
    more: {
      features: { assistant: { title: 'Assistant' } },
      gateway: { privateHosts: ['127.0.0.1'], realtime: { handshakeTimeoutSeconds } },
    },
  })
})
afterAll(() => journey?.close())

const entryOf = async (org: string) => (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0]

/** A provider that has a handshake and answers it when the test says. */
async function hesitant(): Promise<{
  origin: string
  asked: Promise<Socket>
  agree(): Promise<OpenSocket>
  server: Server
}> {
  const [asked, agreed] = [signal<Socket>(), signal<OpenSocket>()]
  const sockets = new WebSocketServer({ noServer: true })
  let agree = () => {}
  const server = createServer().on('upgrade', (request, socket: Socket, head) => {
    agree = () => sockets.handleUpgrade(request, socket, head, (websocket) => agreed.raise(watch(websocket)))
    // Without a reader the end of the connection would not be noticed.
    asked.raise(
      socket
        .on('error', () => {})
        .on('end', () => socket.destroy())
        .resume(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    server,
    asked: asked.raised,
    agree: () => {
      agree()
      return agreed.raised
    },
  }
}

/** A binary message as a client sends it, masked with zeros. */
function frame(bytes: Buffer): Buffer {
  const head = Buffer.alloc(14)
  head[0] = 0x82
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(bytes.length), 2)
  return Buffer.concat([head, bytes])
}

test('what a caller sends before it was answered waits in its own connection, and none of it is lost', async () => {
  const { org, token } = await journey.newOrg()
  const provider = await hesitant()
  await journey.ownkey.putKey(org, 'openai', canaryKeys.openai, { baseUrl: provider.origin })
  const { hostname, port } = new URL(journey.ownkey.url)
  const caller = connect({ host: hostname, port: Number(port) }).on('error', () => {})
  caller.write(
    [
      'GET /openai/v1/realtime?model=m HTTP/1.1',
      `Host: ${hostname}:${port}`,
      `Authorization: Bearer ${token}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      '',
      '',
    ].join('\r\n'),
  )
  await provider.asked
  const message = Buffer.alloc(512 * 1024, 7)
  const count = 80
  let sent = 0
  for (let i = 0; i < count; i++) caller.write(frame(message), () => sent++)
  let before = -1
  const stands = () => {
    const same = sent === before
    before = sent
    return same
  }
  await expect.poll(stands, { interval: 500 }).toBe(true)
  // 20 MB fit into the buffers of both ends, generously; the whole is 40.
  expect(sent).toBeLessThan(count / 2)
  const { messages } = await provider.agree()
  const received = await messages(count)
  expect(received.every(({ data }) => data.equals(message))).toBe(true)
  caller.destroy()
  provider.server.close()
})

describe('a side that does not answer a close frame', () => {
  test.each(['caller', 'provider'] as const)('is cut off soon when it is the %s', async (deaf) => {
    const { org, token } = await journey.newOrg()
    const accepted = signal<OpenSocket>()
    const undo = journey.upstream.onUpgrade('/v1/realtime', (websocket) => accepted.raise(watch(websocket)))
    const headers = { authorization: `Bearer ${token}` }
    const caller = await open(journey.ownkey.url, { path: '/openai/v1/realtime?model=m', headers })
    const provider = await accepted.raised
    const [silent, closing] = deaf === 'caller' ? [caller, provider] : [provider, caller]
    silent.websocket.pause()
    closing.websocket.close(1000)
    const at = performance.now()
    await expect.poll(() => entryOf(org)).toMatchObject({ state: 'settled' })
    expect(performance.now() - at).toBeLessThan(2 * soonMs)
    silent.websocket.terminate()
    undo()
  })
})

describe('a caller whose token comes in the first message', () => {
  const path = '/elevenlabs/v1/text-to-speech/v/stream-input?model_id=m'

  test('takes the provider’s connection along when it leaves before the provider has answered', async () => {
    const { org, token } = await journey.newOrg()
    const provider = await hesitant()
    await journey.ownkey.putKey(org, 'elevenlabs', canaryKeys.elevenlabs, { baseUrl: provider.origin })
    const caller = await open(journey.ownkey.url, { path })
    caller.websocket.send(JSON.stringify({ text: ' ', xi_api_key: token }))
    const socket = await provider.asked
    const closed = new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
    const at = performance.now()
    caller.websocket.terminate()
    await closed
    expect(performance.now() - at).toBeLessThan(soonMs)
    await expect.poll(() => entryOf(org)).toMatchObject({ state: 'released', errorClass: null })
    provider.server.close()
  })

  test('is refused when it sends none for as long as a handshake may take', async () => {
    const brief = await startJourney({ more: { gateway: { realtime: { handshakeTimeoutSeconds: 1 } } } })
    const caller = await open(brief.ownkey.url, { path })
    expect(await caller.ended).toEqual({ code: 1008, reason: 'token_missing' })
    expect(caller.text()).toContain('No first message with a token came.')
    await brief.close()
  })
})

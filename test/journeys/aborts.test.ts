import { type ClientRequest, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStage } from '../chaos/stage.ts'
import { canaryKeys } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawCall } from '../support/raw-call.ts'
import { hang, head, type Responder, script, signal, sse, tell, write } from '../support/upstream.ts'

/** What the contract allows between the caller's leaving and the provider's connection being closed. */
const soonMs = 1000

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney()
  token = (await journey.newOrg()).token
})
afterAll(() => journey.close())

function leaveLater(path: string, body?: string | Buffer): ClientRequest {
  const { hostname, port } = new URL(journey.ownkey.url)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const call = request({ hostname, port, path, method: body === undefined ? 'GET' : 'POST', headers, agent: false })
  call.on('error', () => {})
  call.on('response', (answer) => answer.resume().on('error', () => {}))
  if (body === undefined) call.end()
  else call.write(body)
  return call
}

const phases: Record<
  string,
  { responder: () => { responder: Responder; here: Promise<void> }; path: string; whole: boolean }
> = {}
function phase(name: string, path: string, build: (raise: () => void) => Responder, whole = true) {
  phases[name] = {
    path,
    whole,
    responder: () => {
      const here = signal()
      return { responder: build(() => here.raise()), here: here.raised }
    },
  }
}
const first = (...steps: Parameters<typeof script>): Responder => ({ answer: script(...steps), reads: 'first' })
const stream = { 'content-type': 'text/event-stream' }

phase('waiting for the head', '/openai/v1/chat/completions', (raise) => first(tell(raise), hang))
phase('at the greeting of a stream', '/anthropic/v1/messages', (raise) =>
  first(head(200, stream), write('event: ping\ndata: {"type":"ping"}\n\n'), tell(raise), hang),
)
phase('in the middle of a stream', '/openai/v1/chat/completions', (raise) =>
  first(head(200, stream), write('data: {"choices":[]}\n\n'), tell(raise), hang),
)
phase('in the middle of a body', '/openai/v1/files/file-1/content', (raise) =>
  first(head(200, { 'content-length': '1000000' }), write(Buffer.alloc(1000)), tell(raise), hang),
)
phase('in the body of an error', '/openai/v1/models', (raise) =>
  first(head(500, { 'content-length': '1000' }), write('{"error":'), tell(raise), hang),
)
phase(
  'during an upload',
  '/openai/v1/files',
  (raise) => ({ reads: 'meanwhile', answer: script(tell(raise), hang) }),
  false,
)
describe('a caller who goes away', () => {
  test.each(Object.keys(phases))('%s: the provider is told within a second', async (name) => {
    const { responder, path, whole } = phases[name]!
    const { responder: use, here } = responder()
    const undo = journey.upstream.on(/./, use)
    const order = journey.upstream.journal.requests.length
    const call = leaveLater(
      path,
      path.includes('models') || path.includes('content') ? undefined : Buffer.alloc(whole ? 100 : 3_000_000),
    )
    if (whole) call.end()
    const seen = await journey.upstream.journal.request(order)
    await here
    const left = performance.now()
    call.destroy()
    const { how, at } = await seen.ended
    expect(how).toBe('closed_by_peer')
    expect(at - left).toBeLessThan(soonMs)
    undo()
  })

  test.each([
    ['one after the other', '', 1],
    // Node serves what is not plain, and begins with each at once.
    ['at once', 'Connection: TE\r\nTE: trailers\r\n', 3],
  ])(
    'with several requests on one connection that are served %s: the provider is told of each that it has, and none counts as open',
    async (_, fields, served) => {
      const undo = journey.upstream.on(/./, first(hang))
      const order = journey.upstream.journal.requests.length
      const { hostname, port } = new URL(journey.ownkey.url)
      const caller = connect(Number(port), hostname)
      caller.on('error', () => {})
      caller.write(
        `GET /openai/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${fields}\r\n`.repeat(3),
      )
      const seen = await Promise.all([...Array(served).keys()].map((n) => journey.upstream.journal.request(order + n)))
      const left = performance.now()
      caller.destroy()
      for (const { ended } of seen) {
        const { how, at } = await ended
        expect(how).toBe('closed_by_peer')
        expect(at - left).toBeLessThan(soonMs)
      }
      const headers = { authorization: `Bearer ${journey.ownkey.adminToken}` }
      const open = async () => {
        const text = await (await fetch(`${journey.ownkey.url}/metrics`, { headers })).text()
        return /^ownkey_open_requests (\d+)$/m.exec(text)?.[1]
      }
      await expect.poll(open).toBe('0')
      expect(journey.upstream.journal.requests.length).toBe(order + served)
      undo()
    },
  )

  test('while the database decides whether the credits suffice: nothing is sent, and nothing is charged', async () => {
    const stage = await openStage()
    expect((await stage.ask('near')).status).toBe(200)
    const holder = new pg.Client({ connectionString: stage.databaseUrl })
    await holder.connect()
    await holder.query('begin')
    await holder.query("select from organizations where id = 'near' for update")
    const id = stage.newId()
    const { hostname, port } = new URL(stage.ownkey.url)
    const headers = {
      authorization: `Bearer ${stage.tokens.near}`,
      'content-type': 'application/json',
      'ownkey-request-id': id,
      'x-chaos-id': id,
    }
    const path = '/openai/v1/chat/completions'
    const call = request({ hostname, port, path, method: 'POST', headers, agent: false })
    call.on('error', () => {})
    call.end('{"model":"test-model","messages":[]}')
    const waiting =
      'select from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid))'
    const own = (await holder.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid
    await expect.poll(async () => (await holder.query(waiting, [own])).rowCount).toBe(1)
    call.destroy()
    // A whole request later the server knows that the caller has left.
    expect((await stage.ask('own')).status).toBe(200)
    await holder.query('commit')
    const entry = async () =>
      (await holder.query<{ state: string }>('select state from entries where request_id = $1', [id])).rows
    await expect.poll(entry).toEqual([{ state: 'released' }])
    expect(stage.upstream.journal.requests.filter((one) => one.header('x-chaos-id') === id)).toEqual([])
    await holder.end()
    await stage.close()
  })

  test('before the connection stands: it is given up', async () => {
    const { server, origin, accepted, closed } = await silentServer()
    const other = await startJourney({
      more: { providers: { openai: { baseUrl: origin } }, gateway: { connectTimeoutSeconds: 60 } },
    })
    await other.ownkey.putOrg('waiting')
    await other.ownkey.putKey('waiting', 'openai', canaryKeys.openai)
    const own = await other.ownkey.token({ org: 'waiting', feature: 'assistant' })
    const { hostname, port } = new URL(other.ownkey.url)
    const call = request({
      hostname,
      port,
      path: '/openai/v1/models',
      headers: { authorization: `Bearer ${own}` },
      agent: false,
    })
    call.on('error', () => {})
    call.end()
    await accepted
    const left = performance.now()
    call.destroy()
    expect((await closed) - left).toBeLessThan(soonMs)
    server.close()
    await other.close()
  })

  test('a hundred of them leave no foreign bytes on connections that go on', async () => {
    const undo = journey.upstream.on(/^\/v1\/files\/mine-/, {
      reads: 'first',
      answer: async (exchange) => {
        const id = /mine-(\d+)/.exec(exchange.request.target)?.[1]
        await sse([`${id}-a`, `${id}-b`, `${id}-c`])(exchange)
      },
    })
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const path = `/openai/v1/files/mine-${index}/content`
        if (index % 2 === 0) {
          const call = leaveLater(path)
          call.once(index % 4 === 0 ? 'socket' : 'response', () => call.destroy())
          return
        }
        const answer = await rawCall(journey.ownkey.url, { path, headers: { authorization: `Bearer ${token}` } })
        expect(answer.text).toBe(`data: ${index}-a\n\ndata: ${index}-b\n\ndata: ${index}-c\n\n`)
      }),
    )
    undo()
  })
})

/** Takes connections and never says a word, so that a TLS connection to it never stands. */
async function silentServer() {
  const accepted = signal()
  const closed = signal<number>()
  const server: Server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.resume()
    accepted.raise()
    socket.once('close', () => closed.raise(performance.now()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { server, origin, accepted: accepted.raised, closed: closed.raised }
}

import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import {
  bytes,
  cut,
  end,
  hang,
  head,
  informational,
  json,
  oddHeaders,
  redirect,
  reset,
  script,
  signal,
  sse,
  startUpstream,
  tell,
  type Upstream,
  until,
  wire,
  write,
} from './upstream.ts'

let upstream: Upstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(() => upstream.close())

test('the journal records a request as it came over the wire', async () => {
  upstream.on('POST /v1/things', json({ ok: true }, { status: 201 }))
  const answer = await fetch(`${upstream.origin}/v1/things?a=%20b`, {
    method: 'POST',
    body: 'hello',
    headers: { 'X-One': '1' },
  })
  expect([answer.status, await answer.json()]).toEqual([201, { ok: true }])
  const request = await upstream.journal.request(0)
  await request.bodyDone
  expect(request).toMatchObject({ method: 'POST', target: '/v1/things?a=%20b', path: '/v1/things', bodyBytes: 5 })
  expect(request.bodySha256).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824')
  expect(request.body().toString()).toBe('hello')
  expect(request.header('X-ONE')).toBe('1')
  expect((await request.ended).how).toBe('answered')
})

test('an unmatched request is answered 501, and the newest responder wins', async () => {
  expect((await fetch(`${upstream.origin}/`)).status).toBe(501)
  upstream.on('/', json('old'))
  const remove = upstream.on(/^\/$/, json('new'))
  expect(await (await fetch(upstream.origin)).json()).toBe('new')
  remove()
  expect(await (await fetch(upstream.origin)).json()).toBe('old')
})

test('a stream pauses until the test raises the signal, and splits at every byte', async () => {
  const second = signal()
  upstream.on(
    '/sse',
    sse([{ event: 'a', data: { n: 1 } }, '[DONE]'], {
      pieceBytes: 1,
      before: (n) => (n === 1 ? second.raised : undefined),
    }),
  )
  const answer = await fetch(`${upstream.origin}/sse`)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.endsWith('\n\n')) text += (await reader?.read())?.value
  expect(text).toBe('event: a\ndata: {"n":1}\n\n')
  second.raise()
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) text += piece.value
  expect(text).toBe('event: a\ndata: {"n":1}\n\ndata: [DONE]\n\n')
})

test('a peer that goes away is told apart from an answer that was finished', async () => {
  const begun = signal()
  upstream.on('/hang', script(head(200), write('begin'), tell(begun.raise), hang))
  const abort = new AbortController()
  const answer = fetch(`${upstream.origin}/hang`, { signal: abort.signal }).then((one) => one.text())
  await begun.raised
  abort.abort()
  await expect(answer).rejects.toThrow()
  const request = await upstream.journal.request(0)
  expect((await request.ended).how).toBe('closed_by_peer')
})

test.each([
  ['before the head', script(reset)],
  ['after the head', script(head(200, { 'content-length': '10' }), reset)],
  ['in the body', script(head(200, { 'content-length': '10' }), write('12345'), cut)],
  ['by an answer that is no HTTP', script(wire('nonsense\r\n\r\n'), cut)],
])('a connection can break %s', async (_, responder) => {
  upstream.on('/', responder)
  await expect(fetch(upstream.origin).then((answer) => answer.text())).rejects.toThrow()
  expect((await upstream.journal.request(0)).ending?.how).toBe('cut_by_upstream')
})

test('gzip, broken gzip, redirects, odd headers and trailers come as asked', async () => {
  upstream.on('/gzip', bytes('packed', { encoding: 'gzip' }))
  upstream.on('/broken', bytes('packed'.repeat(100), { encoding: 'broken_gzip' }))
  upstream.on('/away', redirect('http://169.254.169.254/'))
  upstream.on('/odd', bytes('', { headers: oddHeaders() }))
  upstream.on(
    '/trailers',
    script(informational(103), head(200, { trailer: 'x-sum' }), write('x'), end({ 'x-sum': '1' })),
  )
  expect(await (await fetch(`${upstream.origin}/gzip`)).text()).toBe('packed')
  await expect(fetch(`${upstream.origin}/broken`).then((answer) => answer.text())).rejects.toThrow()
  expect((await fetch(`${upstream.origin}/away`, { redirect: 'manual' })).headers.get('location')).toBe(
    'http://169.254.169.254/',
  )
  const odd = await fetch(`${upstream.origin}/odd`)
  expect(odd.headers.get('x-odd-49')).toBe('value 49')
  expect(odd.headers.getSetCookie()).toHaveLength(2)
  expect(await raw('GET /trailers HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toMatch(
    /103 Early Hints[\s\S]+200 OK[\s\S]+x-sum: 1/,
  )
})

test('a responder that never reads leaves the sender waiting', async () => {
  const go = signal()
  upstream.on('/upload', { reads: 'never', answer: script(until(go.raised), head(413), end()) })
  const socket = connect(Number(new URL(upstream.origin).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 50000000\r\n\r\n`)
  const flushed = new Promise<boolean>((resolve) => socket.write(Buffer.alloc(50_000_000), () => resolve(true)))
  await upstream.journal.request(0)
  const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
  go.raise()
  expect(await answer).toMatch(/^HTTP\/1.1 413/)
  expect(await Promise.race([flushed, turn(false)])).toBe(false)
  expect((await upstream.journal.request(0)).bodyBytes).toBe(0)
  socket.destroy()
})

test('websockets are accepted with a subprotocol, or refused with an answer', async () => {
  upstream.onUpgrade('/echo', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })), {
    protocol: (offered) => [...offered][0] ?? false,
  })
  upstream.onUpgrade('/no', { status: 401, body: '{"error":1}' })
  const address = upstream.origin.replace('http', 'ws')
  const socket = new WebSocket(`${address}/echo`, ['realtime', 'secret'])
  await new Promise((resolve) => socket.once('open', resolve))
  expect(socket.protocol).toBe('realtime')
  socket.send('hello')
  expect(await new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))).toBe('hello')
  socket.close()
  const refused = new WebSocket(`${address}/no`)
  const status = await new Promise((resolve) =>
    refused.once('unexpected-response', (_, answer) => resolve(answer.statusCode)),
  )
  expect(status).toBe(401)
  refused.on('error', () => {})
  refused.terminate()
  expect(upstream.journal.requests.map((request) => request.upgrade)).toEqual([true, true])
})

function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(upstream.origin).port), '127.0.0.1', () => socket.write(request))
    let text = ''
    socket.on('data', (data) => {
      text += data.toString()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}

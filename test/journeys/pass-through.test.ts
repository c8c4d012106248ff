import { createHash, randomBytes } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { openCall, rawCall, rawSocket, readAnswer } from '../support/raw-call.ts'
import { bytes, end, head, informational, json, script, sse, write } from '../support/upstream.ts'

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney()
  token = (await journey.newOrg()).token
})
afterAll(() => journey.close())

const auth = () => ({ authorization: `Bearer ${token}` })
const last = () =>
  journey.upstream.journal.requests.at(-1) as NonNullable<(typeof journey.upstream.journal.requests)[0]>
const call = (method: string, path: string, more: { headers?: Record<string, string>; body?: string | Buffer } = {}) =>
  rawCall(journey.ownkey.url, { method, path, ...more, headers: { ...auth(), ...more.headers } })

describe('requests reach the provider as they were written', () => {
  test.each(['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'POST', 'OPTIONS'])('%s', async (method) => {
    journey.upstream.on('/v1/files/file-1', bytes('the file', { headers: { 'content-type': 'text/plain' } }))
    const body = method === 'PUT' || method === 'PATCH' || method === 'POST' ? '{"odd":  "spacing\\u0041"}' : undefined
    const answer = await call(method, '/openai/v1/files/file-1', body === undefined ? {} : { body })
    expect(answer.status).toBe(200)
    expect(last().method).toBe(method)
    expect(last().body().toString()).toBe(body ?? '')
    expect(answer.text).toBe(method === 'HEAD' ? '' : 'the file')
    expect(answer.header('content-length')).toBe('8')
  })

  test.each([
    '?a=1&b=2&a=3',
    '?q=%20+%2B&u=%C3%A4%E2%82%AC',
    '?lower=%c3%a4&half=%&odd=%zz&bare',
    '?alt=sse&$alt=json;x=y',
    "?filter=name='x'&list[]=1&list[]=2",
    '?',
    '?&&',
    '?empty=&=value',
  ])('the query %s byte for byte', async (query) => {
    journey.upstream.on('/v1/models', json({ data: [] }))
    expect((await call('GET', `/openai/v1/models${query}`)).status).toBe(200)
    expect(last().target).toBe(`/v1/models${query}`)
  })

  test('an encoded path stays encoded', async () => {
    journey.upstream.on(/^\/v1\/models/, json({}))
    await call('GET', '/openai/v1/models/ft%3Agpt-4o%3Aorg%2Fname')
    expect(last().target).toBe('/v1/models/ft%3Agpt-4o%3Aorg%2Fname')
  })

  test('a chunked body without a length arrives whole, and an empty body stays empty', async () => {
    journey.upstream.on('/v1/files', json({ id: 'file-1' }))
    const parts = ['first ', 'second ', 'third']
    const answer = await fetch(`${journey.ownkey.url}/openai/v1/files`, {
      method: 'POST',
      headers: auth(),
      body: new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(Buffer.from(part))
          controller.close()
        },
      }),
      duplex: 'half',
    } as RequestInit)
    expect(answer.status).toBe(200)
    expect(last().body().toString()).toBe(parts.join(''))
    await call('POST', '/openai/v1/files')
    expect(last().bodyBytes).toBe(0)
  })

  test('a multipart form arrives with the same bytes and the same boundary', async () => {
    journey.upstream.on('/v1/audio/transcriptions', json({ text: 'heard' }))
    const form = Buffer.concat([
      Buffer.from('--odd\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--odd\r\n'),
      Buffer.from('Content-Disposition: form-data; name="file"; filename="ä.wav"\r\n\r\n'),
      randomBytes(70_000),
      Buffer.from('\r\n--odd--\r\n'),
    ])
    const type = 'multipart/form-data; boundary=odd'
    const answer = await call('POST', '/openai/v1/audio/transcriptions', {
      body: form,
      headers: { 'content-type': type },
    })
    expect(answer.json()).toEqual({ text: 'heard' })
    expect(last().bodySha256).toBe(createHash('sha256').update(form).digest('hex'))
    expect(last().header('content-type')).toBe(type)
    expect(answer.header('ownkey-model')).toBe('whisper-1')
  })
})

describe('answers reach the caller as the provider wrote them', () => {
  test.each([1, 2, 3, 7, 64, 1000])('an event stream in pieces of %i bytes', async (pieceBytes) => {
    const events = ['one', { data: { text: 'zwei äöü €' } }, { event: 'three', data: '3' }, '[DONE]']
    journey.upstream.on('/v1/chat/completions', sse(events, { pieceBytes }))
    const answer = await call('POST', '/openai/v1/chat/completions', { body: '{"model":"m","stream":true}' })
    expect(answer.text).toBe('data: one\n\ndata: {"text":"zwei äöü €"}\n\nevent: three\ndata: 3\n\ndata: [DONE]\n\n')
    expect(answer.header('content-type')).toBe('text/event-stream')
    expect(answer.broken).toBe(false)
  })

  test.each([
    ['gzip, deflate, br, zstd', 'gzip, deflate, br'],
    ['zstd;q=1.0, br;q=0.9, *;q=0.1', 'br;q=0.9, *;q=0.1'],
    ['zstd', 'identity'],
    ['GZIP;q=0.5,identity', 'GZIP;q=0.5,identity'],
    ['', ''],
  ])('a caller who takes %j is answered in what can be counted here: %j', async (taken, sent) => {
    await call('GET', '/openai/v1/models', { headers: { 'accept-encoding': taken } })
    expect(last().header('accept-encoding')).toBe(sent)
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
  ] as const)('%s stays as it is packed, and its usage is read all the same', async (encoding, pack) => {
    const packed = pack(
      JSON.stringify({
        choices: [{ text: randomBytes(3000).toString('hex') }],
        usage: { prompt_tokens: 31, completion_tokens: 7 },
      }),
    )
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    journey.upstream.on('/v1/chat/completions', bytes(packed, { headers, framing: 'chunked' }))
    const { org, token: own } = await journey.newOrg()
    const answer = await call('POST', '/openai/v1/chat/completions', {
      body: '{"model":"gpt-4o"}',
      headers: { authorization: `Bearer ${own}`, 'accept-encoding': encoding },
    })
    expect(last().header('accept-encoding')).toBe(encoding)
    expect(answer.header('content-encoding')).toBe(encoding)
    expect(answer.body.equals(packed)).toBe(true)
    await expect
      .poll(async () => (await journey.ownkey.api('GET', `/orgs/${org}/requests`)).body.items[0], { timeout: 15_000 })
      .toMatchObject({ state: 'settled', inputTokens: 31, outputTokens: 7, keySource: 'organization', status: 200 })
  })

  test('bytes of every value, with and without a length', async () => {
    const sound = randomBytes(300_000)
    for (const framing of ['length', 'chunked'] as const) {
      journey.upstream.on('/v1/audio/speech', bytes(sound, { framing, headers: { 'content-type': 'audio/mpeg' } }))
      const answer = await call('POST', '/openai/v1/audio/speech', { body: '{"model":"tts-1","input":"hi"}' })
      expect(answer.body.equals(sound)).toBe(true)
      expect(answer.header('content-length')).toBe(framing === 'length' ? '300000' : undefined)
    }
  })

  test.each([201, 202, 204, 206, 304])('status %i', async (status) => {
    const bare = status === 204 || status === 304
    journey.upstream.on(
      '/v1/files',
      script(
        head(status, { etag: '"x"', ...(bare ? {} : { 'content-length': '2' }) }),
        ...(bare ? [] : [write('ok')]),
        end(),
      ),
    )
    const answer = await call('GET', '/openai/v1/files', { headers: { 'if-none-match': '"x"' } })
    expect([answer.status, answer.text]).toEqual([status, bare ? '' : 'ok'])
    expect(answer.header('etag')).toBe('"x"')
    expect(last().header('if-none-match')).toBe('"x"')
  })

  test('informational answers and trailers stay behind', async () => {
    journey.upstream.on(
      '/v1/files',
      script(
        informational(103, { 'x-early': '1' }),
        head(200, { trailer: 'x-late', 'content-type': 'text/plain' }),
        write('body'),
        end({ 'x-late': 'secret' }),
      ),
    )
    const incoming = await openCall(journey.ownkey.url, { path: '/openai/v1/files', headers: auth() })
    const answer = await readAnswer(incoming)
    expect([answer.status, answer.text]).toEqual([200, 'body'])
    expect(incoming.rawTrailers).toEqual([])
    expect(answer.header('x-early')).toBeUndefined()
  })

  test('an answer that breaks off breaks off for the caller too', async () => {
    journey.upstream.on(
      '/v1/files',
      script(head(200, { 'content-length': '100' }), write('only this'), ({ cut }) => cut()),
    )
    const answer = await call('GET', '/openai/v1/files')
    expect([answer.text, answer.broken]).toEqual(['only this', true])
  })
})

describe('callers of other kinds', () => {
  const line = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`
  const asks = () => [`Host: ${new URL(journey.ownkey.url).host}`, `Authorization: Bearer ${token}`]

  test('one that asks before it sends is told to go on', async () => {
    journey.upstream.on('/v1/files', json({ id: 'file-1' }))
    const head = line(
      'POST /openai/v1/files HTTP/1.1',
      ...asks(),
      'Expect: 100-continue',
      'Content-Length: 5000',
      'Connection: close',
    )
    const answer = await rawSocket(journey.ownkey.url, head + 'x'.repeat(5000))
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
    expect(last().header('expect')).toBeUndefined()
    expect(last().bodyBytes).toBe(5000)
  })

  test('one of HTTP/1.0 gets a stream without chunks', async () => {
    journey.upstream.on('/v1/chat/completions', sse(['one', 'two']))
    const head = line('POST /openai/v1/chat/completions HTTP/1.0', ...asks(), 'Content-Length: 13')
    const answer = await rawSocket(journey.ownkey.url, `${head}{"model":"m"}`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toMatch(/\r\n\r\ndata: one\n\ndata: two\n\n$/)
  })

  test('one who sends requests one behind the other gets their answers in order', async () => {
    journey.upstream.on(/^\/v1\/models\/m-/, (exchange) => json({ model: exchange.request.path })(exchange))
    const get = (n: number, ...more: string[]) => line(`GET /openai/v1/models/m-${n} HTTP/1.1`, ...asks(), ...more)
    const answer = await rawSocket(journey.ownkey.url, get(1) + get(2) + get(3, 'Connection: close'))
    expect(answer.match(/m-\d/g)).toEqual(['m-1', 'm-2', 'm-3'])
  })

  test('a page of a proxy instead of the provider’s error is passed on, and read by its status', async () => {
    const page = '<html><body>502 Bad Gateway</body></html>'
    journey.upstream.on('/v1/models', bytes(page, { status: 502, headers: { 'content-type': 'text/html' } }))
    const answer = await call('GET', '/openai/v1/models')
    expect([answer.status, answer.text, answer.header('content-type')]).toEqual([502, page, 'text/html'])
    expect(answer.header('ownkey-error')).toBe('provider_error')
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawSocket } from '../support/raw-call.ts'
import { json } from '../support/upstream.ts'

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney()
  token = (await journey.newOrg()).token
  journey.upstream.on(/./, json({ ok: true }))
})
afterAll(() => journey.close())

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`
const host = () => new URL(journey.ownkey.url).host
const auth = () => `Authorization: Bearer ${token}`

/** What came back, and how many requests reached the provider meanwhile. */
async function send(bytes: string) {
  const from = journey.upstream.journal.requests.length
  const answer = await rawSocket(journey.ownkey.url, bytes)
  return { answer, reached: journey.upstream.journal.requests.slice(from) }
}

const paths = [
  '/openai/v1/../../admin',
  '/openai/v1/./models',
  '/openai/..',
  '/openai/%2e%2e/api/v1/orgs',
  '/openai/v1/%2E%2e%2fadmin',
  '/openai/v1/..%2fadmin',
  '/openai/v1/.%2e/admin',
  '/openai/v1/%252e%252e/admin',
  '/openai/v1/%252fmodels',
  '/openai/v1//models',
  '/openai//v1/models',
  '//evil.test/v1/models',
  '/openai/v1/mod\\els',
  '/openai/v1/..%5cadmin',
  '/openai/v1/models%00',
  '/openai/v1/models%0d%0aX-Injected:1',
  '/openai/v1/%zz',
  '/openai/v1/models#frag',
  'http://evil.test/openai/v1/models',
  'https://api.openai.com/v1/models',
  '*',
  'openai/v1/models',
  '/..;/openai/v1/models',
  '/%6fpenai/v1/models',
  '/api/v1/../../openai/v1/models',
]

describe('a path that servers could read in two ways', () => {
  test.each(paths)('%s never reaches a provider', async (path) => {
    const { answer, reached } = await send(
      lines(`GET ${path} HTTP/1.1`, `Host: ${host()}`, auth(), 'Connection: close'),
    )
    // What begins with no provider's name is for the pages, which know nothing of providers.
    expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d |200 OK\r\ncontent-security-policy: )/)
    expect(reached).toEqual([])
    expect(answer).not.toContain(token)
  })

  test.each(['evil.test', 'api.openai.com:443', '127.0.0.1', 'a b', '[::1]', ''])(
    'the host %j changes nothing of where a request goes',
    async (name) => {
      const { answer, reached } = await send(
        lines('GET /openai/v1/models HTTP/1.1', `Host: ${name}`, auth(), 'Connection: close'),
      )
      if (answer.startsWith('HTTP/1.1 200')) {
        expect(reached.map((one) => one.header('host'))).toEqual([new URL(journey.upstream.origin).host])
      } else expect(reached).toEqual([])
    },
  )
})

// Node's own client sends no such header, so the journey through all headers cannot.
test('that trailers follow is told to no provider', async () => {
  const { answer, reached } = await send(
    lines('GET /openai/v1/models HTTP/1.1', `Host: ${host()}`, auth(), 'Trailer: X-Checksum', 'Connection: close'),
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(reached.map((one) => one.header('trailer'))).toEqual([undefined])
})

const smuggled = 'GET /openai/v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
const framings: [string, string[], string][] = [
  ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
  ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], `0\r\n\r\n${smuggled}`],
  ['two lengths', ['Content-Length: 5', 'Content-Length: 50'], `hello${smuggled}`],
  ['two lengths in one', ['Content-Length: 5, 50'], `hello${smuggled}`],
  ['a signed length', ['Content-Length: +5'], `hello${smuggled}`],
  ['a hex length', ['Content-Length: 0x5'], `hello${smuggled}`],
  ['a negative length', ['Content-Length: -5'], `hello${smuggled}`],
  ['an unknown coding', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${smuggled}`],
  ['chunked not at the end', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
  ['a space before the colon', ['Content-Length : 5'], `hello${smuggled}`],
  ['a folded header', ['X-A: 1', ' Content-Length: 5'], `hello${smuggled}`],
  ['a bare LF in a header', ['X-A: 1\nTransfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
  ['a bare CR in a header', ['X-A: 1\rX-B: 2'], ''],
  ['a NUL in a header', ['X-A: a\0b'], ''],
  ['a header without a name', [': nameless'], ''],
  ['a chunk size that overflows', ['Transfer-Encoding: chunked'], 'ffffffffffffffffff\r\nx\r\n0\r\n\r\n'],
  ['a chunk size that is none', ['Transfer-Encoding: chunked'], 'zz\r\nx\r\n0\r\n\r\n'],
  ['a chunk ended by a bare LF', ['Transfer-Encoding: chunked'], `5\nhello\n0\n\n${smuggled}`],
]

describe('a request with two readings of where it ends', () => {
  test.each(framings)('%s', async (_name, headers, body) => {
    const { answer, reached } = await send(
      lines('POST /openai/v1/files HTTP/1.1', `Host: ${host()}`, auth(), ...headers, 'Connection: close') + body,
    )
    // Refused outright, and once: what follows is not read as another request.
    expect(answer.match(/^HTTP\/1\.1 .*$/gm)).toEqual([expect.stringMatching(/^HTTP\/1\.1 400 /)])
    expect(reached).toEqual([])
  })
})

describe('a body that ends before its length', () => {
  test.each([
    ['/openai/v1/files', { error: { code: 'request_invalid' } }],
    ['/v1/chat/completions', { error: { code: 'request_invalid' } }],
    ['/anthropic/v1/messages', { type: 'error', error: { code: 'request_invalid' } }],
  ])('is refused at %s as that API would', async (path, body) => {
    const head = lines(`POST ${path} HTTP/1.1`, `Host: ${host()}`, auth(), 'Content-Length: 10')
    const answer = await rawSocket(journey.ownkey.url, `${head}{"a"`, true)
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*^Ownkey-Error: request_invalid\r$/m)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject(body)
  })
})

describe('heads that are too much', () => {
  test.each([
    ['one endless header', [`X-Long: ${'a'.repeat(70_000)}`], 431],
    ['thousands of headers', Array.from({ length: 5000 }, (_, n) => `X-${n}: ${n}`), 431],
    ['an endless path', [], 431],
  ] as const)('%s', async (name, headers, status) => {
    const path = name === 'an endless path' ? `/openai/v1/${'a'.repeat(70_000)}` : '/openai/v1/models'
    const { answer, reached } = await send(
      lines(`GET ${path} HTTP/1.1`, `Host: ${host()}`, auth(), ...headers, 'Connection: close'),
    )
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(reached).toEqual([])
  })

  test('a header that the server would drop silently is not how a second credential gets in', async () => {
    const many = Array.from({ length: 250 }, (_, n) => `X-${n}: ${n}`)
    const { reached } = await send(
      lines(
        'GET /openai/v1/models HTTP/1.1',
        `Host: ${host()}`,
        auth(),
        ...many,
        'x-api-key: sk-other',
        'Connection: close',
      ),
    )
    for (const one of reached) expect(one.header('x-api-key')).toBeUndefined()
  })
})

describe('what never becomes a request is refused as the API that was called would refuse it', () => {
  const code = 'head_too_large'
  test.each([
    ['/openai/v1/responses', { error: { code, type: 'invalid_request_error' } }],
    ['/v1/chat/completions', { error: { code, type: 'invalid_request_error' } }],
    ['/anthropic/v1/messages', { type: 'error', error: { code, type: 'invalid_request_error' } }],
    ['/gemini/v1beta/models/m:generateContent', { error: { code: 431, details: [{ reason: code }] } }],
    ['/gemini/v1beta/openai/chat/completions', { error: { code, type: 'invalid_request_error' } }],
    ['/elevenlabs/v1/text-to-speech/v', { detail: { code } }],
    ['/sarvam/text-to-speech', { error: { code } }],
    ['/api/v1/orgs', { code, status: 431, instance: '/api/v1/orgs' }],
  ])('%s', async (path, body) => {
    const { answer, reached } = await send(
      lines(`POST ${path} HTTP/1.1`, `Host: ${host()}`, auth(), `X-Long: ${'a'.repeat(40_000)}`),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 431 [\s\S]*^Ownkey-Error: head_too_large\r$/m)
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject(body)
    expect(reached).toEqual([])
  })
})

test('a WebSocket handshake that is refused behind a request under way does no harm', async () => {
  const { answer } = await send(
    lines('GET /readyz HTTP/1.1', `Host: ${host()}`) +
      lines('GET /nothing HTTP/1.1', `Host: ${host()}`, 'Connection: Upgrade', 'Upgrade: websocket'),
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*"ready"[\s\S]*HTTP\/1\.1 404 [\s\S]*^Ownkey-Error: not_found\r$/m)
})

test.each(['/api/v1/orgs', '/metrics', '/openai/v1/models'])(
  'two different credentials are refused at %s, whichever comes first',
  async (path) => {
    const good = path.startsWith('/openai') ? auth() : `Authorization: Bearer ${journey.ownkey.adminToken}`
    const other = `Authorization: Bearer okt_${'a'.repeat(49)}`
    const start = [`GET ${path} HTTP/1.1`, `Host: ${host()}`, 'Connection: close']
    for (const both of [
      [good, other],
      [other, good],
    ])
      expect((await send(lines(...start, ...both))).answer).toMatch(
        /^HTTP\/1\.1 400 [\s\S]*^Ownkey-Error: request_invalid\r$/im,
      )
    expect((await send(lines(...start, good, good))).answer).toMatch(/^HTTP\/1\.1 200 /)
  },
)

test('TRACE and CONNECT are refused', async () => {
  for (const start of ['TRACE /openai/v1/models', 'CONNECT api.openai.com:443']) {
    const { answer, reached } = await send(lines(`${start} HTTP/1.1`, `Host: ${host()}`, auth(), 'Connection: close'))
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*^Ownkey-Error: request_invalid\r$/m)
    expect(reached).toEqual([])
  }
})

test('line breaks in what is repeated to the caller become no headers', async () => {
  const body = '{"model":"a\\r\\nX-Injected: 1\\u2028é","input":"x"}'
  const { answer } = await send(
    `${lines('POST /openai/v1/responses HTTP/1.1', `Host: ${host()}`, auth(), 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close')}${body}`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer).not.toMatch(/^X-Injected/m)
  expect(answer).toMatch(/^Ownkey-Model: a\?\?X-Injected:\?1\?\?\r$/m)
})

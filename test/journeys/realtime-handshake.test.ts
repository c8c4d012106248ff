import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys, canaryPlatformKey } from '../support/canary.ts'
import { type Journey, startJourney } from '../support/journey.ts'
import { rawSocket } from '../support/raw-call.ts'
import { open, refusal } from '../support/socket-client.ts'
import type { RecordedRequest } from '../support/upstream.ts'

let journey: Journey
let token: string
const gatedPlan = { verify: 'format_only', fallback: { mode: 'never' } }

beforeAll(async () => {
  journey = await startJourney()
  const own = await journey.newOrg()
  token = own.token
})
afterAll(() => journey.close())

const asked = () => journey.upstream.journal.requests.length
const last = () => journey.upstream.journal.requests.at(-1) as RecordedRequest
const names = ({ headers }: RecordedRequest) => headers.map(([name]) => name.toLowerCase()).sort()
const live = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
const ofHandshake = ['connection', 'host', 'sec-websocket-key', 'sec-websocket-version', 'upgrade']

function quietUpstream(protocol?: (offered: Set<string>) => string | false): () => void {
  return journey.upstream.onUpgrade(/^\//, () => {}, protocol === undefined ? {} : { protocol })
}

/** Opens at Ownkey, and closes once the upstream has seen the handshake. */
async function handshake(options: Parameters<typeof open>[1]) {
  const socket = await open(journey.ownkey.url, options)
  socket.websocket.terminate()
  return { socket, request: last() }
}

describe('the handshake at the provider', () => {
  test('has the caller’s own headers, one credential, and nothing of the way to us', async () => {
    const off = quietUpstream()
    const { request } = await handshake({
      path: '/openai/v1/realtime?model=gpt-realtime',
      headers: {
        authorization: `Bearer ${token}`,
        'x-api-key': 'sk-somebody-elses',
        cookie: 'a=b',
        origin: 'https://product.test',
        'openai-beta': 'realtime=v1',
        'openai-organization': 'org-of-the-caller',
        'ownkey-feature': 'assistant',
        'x-forwarded-for': '10.0.0.1',
        te: 'trailers',
        'keep-alive': 'timeout=5',
        'sec-websocket-accept': 'of the caller',
        'sec-websocket-protocol2': 'of the caller',
        'user-agent': 'voice/1',
        'x-anything': 'passes',
        constructor: 'passes',
        ['__proto__']: 'passes',
      },
    })
    off()
    const passed = ['openai-beta', 'user-agent', 'x-anything', 'constructor', '__proto__']
    expect(names(request)).toEqual([...ofHandshake, 'authorization', ...passed].sort())
    expect(request.header('constructor')).toBe('passes')
    expect(request.header('authorization')).toBe(`Bearer ${canaryKeys.openai}`)
    expect(request.header('sec-websocket-extensions')).toBeUndefined()
  })

  test.each([
    [
      'a subprotocol with a prefix',
      ['realtime', 'openai-insecure-api-key.{t}', 'openai-beta.realtime-v1'],
      'realtime,openai-beta.realtime-v1',
    ],
    ['a subprotocol alone', ['{t}'], undefined],
  ])('takes the token out of %s', async (_name, offered, up) => {
    const off = quietUpstream((choice) => [...choice][0] ?? false)
    const protocols = offered.map((name) => name.replace('{t}', token))
    const { request, socket } = await handshake({ path: '/openai/v1/realtime?model=m', protocols })
    off()
    expect(request.header('sec-websocket-protocol')).toBe(up)
    expect(request.header('authorization')).toBe(`Bearer ${canaryKeys.openai}`)
    expect(socket.websocket.protocol).toBe(protocols[0])
    expect(JSON.stringify(request.headers)).not.toContain(token)
  })

  test.each([
    ['chooses the key’s own entry', (offered: Set<string>) => [...offered][0] ?? false],
    ['chooses nothing', () => false as const],
  ])('answers the caller’s own subprotocol when a provider that takes the key there %s', async (_name, choose) => {
    const off = quietUpstream(choose)
    const mine = `api-subscription-key.${token}`
    const headers = { 'api-subscription-key': token }
    const { request, socket } = await handshake({
      path: '/sarvam/text-to-speech/ws?model=bulbul:v3',
      protocols: [mine],
      headers,
    })
    off()
    expect(request.header('sec-websocket-protocol')).toBe(`api-subscription-key.${canaryKeys.sarvam}`)
    expect(names(request)).toEqual([...ofHandshake, 'sec-websocket-protocol'].sort())
    expect(socket.websocket.protocol).toBe(mine)
  })

  test.each([
    ['?key={t}', '?key={k}'],
    ['?alt=a%2fb&key={t}&x=%zz&x', '?alt=a%2fb&x=%zz&x&key={k}'],
    ['?q=(a|b)&access_token={t}', '?q=(a|b)&key={k}'],
  ])('has the query %s byte for byte but for the credential', async (query, up) => {
    const off = quietUpstream()
    const { request } = await handshake({ path: `/gemini${live}${query.replace('{t}', token)}` })
    off()
    expect(request.target).toBe(live + up.replace('{k}', canaryKeys.gemini))
    expect(names(request)).toEqual(ofHandshake)
  })

  test('of a socket that the catalogue does not list takes the credential of the HTTP routes', async () => {
    const off = quietUpstream()
    const { request, socket } = await handshake({
      path: '/openai/v1/responses',
      headers: { authorization: `Bearer ${token}` },
    })
    off()
    expect(request.header('authorization')).toBe(`Bearer ${canaryKeys.openai}`)
    expect(socket.headers).toMatchObject({ 'ownkey-provider': 'openai', 'ownkey-key-source': 'organization' })
  })

  test('carries the credential of the first message in that message, in its place only', async () => {
    const received: string[] = []
    const done = new Promise<void>((resolve) => {
      journey.upstream.onUpgrade('/v1/text-to-speech/v/stream-input', (socket) => {
        socket.on('message', (data) => {
          received.push(data.toString())
          if (received.length === 3) resolve()
        })
      })
    })
    const socket = await open(journey.ownkey.url, { path: '/elevenlabs/v1/text-to-speech/v/stream-input' })
    const said = [{ text: ' ', voice_settings: { speed: 1 }, xi_api_key: token }, { text: token }, { text: '' }]
    for (const message of said) socket.websocket.send(JSON.stringify(message))
    await done
    socket.websocket.terminate()
    expect(received.map((text) => JSON.parse(text))).toEqual([
      { ...said[0], xi_api_key: canaryKeys.elevenlabs },
      said[1],
      said[2],
    ])
    expect(last().header('xi-api-key')).toBe(canaryKeys.elevenlabs)
  })
})

describe('the provider’s 101', () => {
  const openBeside = async (sent: Record<string, string>) => {
    const off = journey.upstream.onUpgrade('/v1/realtime', () => {}, { headers: sent })
    const headers = { authorization: `Bearer ${token}` }
    const { socket } = await handshake({ path: '/openai/v1/realtime?model=m', headers })
    off()
    return socket.headers
  }

  test('passes the list of every answer', async () => {
    const seen = await openBeside({
      'set-cookie': 'upstream=1; Path=/',
      'openai-organization': 'org-secret',
      'www-authenticate': 'Bearer',
      location: 'https://elsewhere.test',
      server: 'upstream',
      'x-odd': 'value',
      'ownkey-error': 'forged',
      'x-request-id': 'up-1',
    })
    const own = ['ownkey-request-id', 'ownkey-key-source', 'ownkey-provider', 'ownkey-model']
    expect(Object.keys(seen).sort()).toEqual(
      ['connection', 'sec-websocket-accept', 'upgrade', 'x-request-id', ...own].sort(),
    )
    expect(seen['x-request-id']).toBe('up-1')
  })

  test('has the key removed from what passes', async () => {
    const seen = await openBeside({ 'x-request-id': `req for ${canaryKeys.openai}.` })
    expect(seen['x-request-id']).toMatch(/^req for /)
    expect(JSON.stringify(seen)).not.toContain('Qz7X')
  })
})

describe('a handshake that cannot go on is answered as an HTTP error of the vendor’s shape', () => {
  test.each([
    ['without a token', '/openai/v1/realtime', {}, 401, 'token_missing'],
    ['with an unknown token', '/openai/v1/realtime', { authorization: 'Bearer okt_unknown' }, 401, 'token_invalid'],
    ['with a provider’s key', '/openai/v1/realtime', { authorization: 'Bearer sk-mine' }, 401, 'token_invalid'],
    ['to no provider', '/v1/realtime', { authorization: 'Bearer okt_x' }, 404, 'not_found'],
    ['to an unknown provider', '/nope/v1/realtime', { authorization: 'Bearer okt_x' }, 404, 'not_found'],
    ['to the control API', '/api/v1/orgs', { authorization: 'Bearer okt_x' }, 404, 'not_found'],
  ])('%s', async (_name, path, headers, status, code) => {
    const seen = asked()
    const answer = await refusal(journey.ownkey.url, { path, headers })
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({ 'ownkey-error': code, 'x-should-retry': 'false' })
    expect(answer.json().error).toMatchObject({ code })
    expect(asked()).toBe(seen)
  })

  test('in Google’s words for Gemini', async () => {
    const answer = await refusal(journey.ownkey.url, { path: `/gemini${live}?key=okt_unknown` })
    expect(answer.json().error).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' })
  })

  test('for an organization or feature that the token is not made for', async () => {
    const headers = { authorization: `Bearer ${token}`, 'ownkey-org': 'another' }
    const answer = await refusal(journey.ownkey.url, { path: '/openai/v1/realtime', headers })
    expect([answer.status, answer.headers['ownkey-error']]).toEqual([403, 'token_scope'])
  })

  test.each([
    ['no key', 'Upgrade: websocket', ''],
    [
      'another version',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8',
    ],
    [
      'a protocol twice',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, a',
    ],
  ])('for %s', async (_name, upgrade, more) => {
    const seen = asked()
    const lines = [
      'GET /openai/v1/realtime HTTP/1.1',
      'Host: x',
      'Connection: Upgrade',
      upgrade,
      ...(more ? [more] : []),
    ]
    const answer = await rawSocket(
      journey.ownkey.url,
      `${lines.join('\r\n')}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain('request_invalid')
    expect(asked()).toBe(seen)
  })
})

describe('a provider’s refusal', () => {
  const refuse = (status: number, body: object, more: Record<string, string> = {}) =>
    journey.upstream.onUpgrade('/v1/realtime', {
      status,
      headers: { 'content-type': 'application/json', 'x-request-id': 'up-1', 'set-cookie': 'a=b', ...more },
      body: JSON.stringify(body),
    })
  const wrongKey = {
    error: {
      message: `Incorrect API key provided: ${canaryKeys.openai}.`,
      type: 'invalid_request_error',
      code: 'invalid_api_key',
    },
  }
  const connect = { path: '/openai/v1/realtime?model=m' }

  test('comes with its status, headers and body, the key removed', async () => {
    const own = await journey.newOrg()
    const off = refuse(401, wrongKey)
    const answer = await refusal(journey.ownkey.url, { ...connect, headers: { authorization: `Bearer ${own.token}` } })
    off()
    expect(answer.status).toBe(401)
    expect(answer.json().error.code).toBe('invalid_api_key')
    expect(answer.text).not.toContain('Qz7X')
    expect(answer.headers).toMatchObject({
      'x-request-id': 'up-1',
      'ownkey-error': 'invalid_key',
      'ownkey-key-source': 'organization',
    })
    expect(answer.headers['set-cookie']).toBeUndefined()
    await expect
      .poll(async () => (await journey.ownkey.api('GET', `/orgs/${own.org}/requests`)).body.items[0])
      .toMatchObject({ state: 'released', status: 401, errorClass: 'invalid_key', surface: 'realtime' })
  })

  test('of the own key falls back to the platform’s where the plan lets it, and says so', async () => {
    const own = await journey.newOrg('falling')
    const seen = asked()
    const off = journey.upstream.onUpgrade(
      (request) => request.header('authorization') === `Bearer ${canaryPlatformKey}`,
      (socket) => socket.send('{"type":"session.created"}'),
    )
    const offRefusal = refuseOwn()
    const socket = await open(journey.ownkey.url, { ...connect, headers: { authorization: `Bearer ${own.token}` } })
    expect(await socket.messages(1)).toHaveLength(1)
    socket.websocket.close()
    off()
    offRefusal()
    expect(socket.headers).toMatchObject({ 'ownkey-key-source': 'platform', 'ownkey-fallback': 'invalid_key' })
    expect(asked() - seen).toBe(2)
  })

  function refuseOwn() {
    return journey.upstream.onUpgrade((request) => request.header('authorization') === `Bearer ${canaryKeys.openai}`, {
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wrongKey),
    })
  }

  test('is final where the plan does not, and the platform’s account sees nothing', async () => {
    const own = await journey.newOrg('required')
    const seen = asked()
    const off = refuse(401, wrongKey)
    const answer = await refusal(journey.ownkey.url, { ...connect, headers: { authorization: `Bearer ${own.token}` } })
    off()
    expect([answer.status, asked() - seen]).toEqual([401, 1])
    expect(last().header('authorization')).toBe(`Bearer ${canaryKeys.openai}`)
  })

  test.each([301, 302, 307, 308])('by a redirect %i is not followed', async (status) => {
    const own = await journey.newOrg()
    const seen = asked()
    const off = refuse(status, {}, { location: `${journey.upstream.origin}/elsewhere` })
    const answer = await refusal(journey.ownkey.url, { ...connect, headers: { authorization: `Bearer ${own.token}` } })
    off()
    expect([answer.status, answer.headers['ownkey-error'], asked() - seen]).toEqual([502, 'upstream_unreachable', 1])
  })

  test('that is no refusal, a plain 200, is an error all the same', async () => {
    const own = await journey.newOrg()
    const off = refuse(200, { fine: true })
    const answer = await refusal(journey.ownkey.url, { ...connect, headers: { authorization: `Bearer ${own.token}` } })
    off()
    expect([answer.status, answer.headers['ownkey-error']]).toEqual([502, 'upstream_unreachable'])
  })
})

describe('rules about models', () => {
  let gated: Journey
  beforeAll(async () => {
    const { upstream } = journey
    const rules = { refuse: [{ match: 'gemini-3*', reason: 'not yet' }] }
    gated = await startJourney({
      more: {
        providers: Object.fromEntries(
          ['openai', 'anthropic', 'gemini', 'elevenlabs', 'sarvam'].map((id) => [
            id,
            { platformKey: canaryPlatformKey, baseUrl: upstream.origin, models: rules },
          ]),
        ),
        plans: { standard: gatedPlan, paid: { ...gatedPlan, credits: { ownKey: 1, platformKey: 5 } } },
      },
    })
  })
  afterAll(() => gated.close())

  const setup = (model: string) => JSON.stringify({ setup: { model: `models/${model}` } })

  test('hold for a model that only the first message names: nothing of it reaches the provider', async () => {
    const own = await gated.newOrg()
    const received: string[] = []
    const off = journey.upstream.onUpgrade(live, (socket) =>
      socket.on('message', (data) => received.push(data.toString())),
    )
    const socket = await open(gated.ownkey.url, { path: `/gemini${live}?key=${own.token}` })
    socket.websocket.send(setup('gemini-3-live'))
    const { code, reason } = await socket.ended
    expect([code, reason]).toEqual([1008, expect.stringContaining('model_refused')])
    await last().ended
    off()
    expect(received).toEqual([])
  })

  test('let an allowed one pass, as it was looked at', async () => {
    const own = await gated.newOrg()
    const off = journey.upstream.onUpgrade(live, (socket) => socket.on('message', (data) => socket.send(data)))
    const socket = await open(gated.ownkey.url, { path: `/gemini${live}?key=${own.token}` })
    socket.websocket.send('{"setup":{"model":"models/gemini-3-live"},"setup":{"model":"models/gemini-2.5-flash"}}')
    const [echoed] = await socket.messages(1)
    off()
    expect(echoed?.data.toString()).toBe(setup('gemini-2.5-flash'))
    socket.websocket.close()
    await expect
      .poll(async () => (await gated.ownkey.api('GET', `/orgs/${own.org}/requests`)).body.items[0])
      .toMatchObject({ state: 'settled', model: 'gemini-2.5-flash' })
  })

  test('hold in the query, before anything is sent', async () => {
    const own = await gated.newOrg()
    const headers = { authorization: `Bearer ${own.token}` }
    const answer = await refusal(gated.ownkey.url, { path: '/openai/v1/realtime?model=gemini-3', headers })
    expect([answer.status, answer.headers['ownkey-error']]).toEqual([403, 'model_refused'])
  })

  test('come beside credits: who has none is refused before the provider is asked', async () => {
    const own = await gated.newOrg('paid')
    const seen = asked()
    const headers = { authorization: `Bearer ${own.token}` }
    const answer = await refusal(gated.ownkey.url, { path: '/openai/v1/realtime?model=m', headers })
    expect([answer.status, answer.headers['ownkey-error'], asked() - seen]).toEqual([402, 'credits_exhausted', 0])
  })

  test('refuse a socket on which the model cannot be seen', async () => {
    const own = await gated.newOrg()
    const headers = { authorization: `Bearer ${own.token}` }
    const answer = await refusal(gated.ownkey.url, { path: '/openai/v1/unlisted', headers })
    expect([answer.status, answer.headers['ownkey-error']]).toEqual([400, 'request_invalid'])
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { fiveProviders, type Journey, startJourney } from '../support/journey.ts'
import { credentialOf, nativeCalls } from '../support/provider-calls.ts'
import { rawCall } from '../support/raw-call.ts'
import { bytes, type HeaderPairs, json, oddHeaders } from '../support/upstream.ts'

let journey: Journey
let token: string
beforeAll(async () => {
  journey = await startJourney()
  token = (await journey.newOrg()).token
  journey.upstream.on(/./, json({ ok: true }))
})
afterAll(() => journey.close())

const placesOfCredentials = [
  'Authorization',
  'x-api-key',
  'API-KEY',
  'X-Goog-Api-Key',
  'xi-api-key',
  'Api-Subscription-Key',
  'Ocp-Apim-Subscription-Key',
  'Proxy-Authorization',
  'X-Goog-Iam-Authorization-Token',
]

const kept: HeaderPairs = [
  ['Accept', '*/*'],
  ['User-Agent', 'a-caller/1.0'],
  ['X-Stainless-Lang', 'js'],
  ['anthropic-beta', 'one,two'],
  ['Accept-Language', 'de'],
  ['Idempotency-Key', 'abc'],
  ['Accept-Encoding', 'br, gzip;q=0.5'],
]

describe.each(fiveProviders)('%s', (provider) => {
  test('gets what the caller sent less what is not for it, and exactly one credential', async () => {
    const { path, body } = nativeCalls[provider](token)
    const secrets: HeaderPairs = placesOfCredentials.map((name) => [
      name,
      name === 'Authorization' ? `Bearer ${token}` : token,
    ])
    const own: HeaderPairs = [
      ['Cookie', 'session=1'],
      ['Origin', 'https://app.test'],
      ['Ownkey-Feature', 'assistant'],
      ['Ownkey-Request-Id', 'caller-1'],
      ['Connection', 'X-Hop'],
      ['Upgrade', 'h2c'],
      ['X-Hop', 'by hop'],
      ['Keep-Alive', 'timeout=5'],
      ['TE', 'trailers'],
      ['Sec-WebSocket-Accept', 'of no socket'],
      ['Expect', '100-continue'],
      ['Proxy-Connection', 'keep-alive'],
      ['X-Forwarded-For', '10.0.0.1'],
      ['X-Forwarded-Host', 'inside.test'],
      ['Forwarded', 'for=10.0.0.1'],
      ['Via', '1.1 proxy'],
      ['X-Real-IP', '10.0.0.1'],
      ['X-HTTP-Method', 'DELETE'],
      ['X-HTTP-Method-Override', 'DELETE'],
      ['X-Method-Override', 'DELETE'],
      ['OpenAI-Organization', 'org-caller'],
      ['OpenAI-Project', 'proj-caller'],
      ['x-goog-user-project', 'project-of-caller'],
      ['anthropic-workspace-id', 'w-caller'],
    ]
    const type: HeaderPairs = [['content-type', 'application/json']]
    const places = ['key', 'api-key', 'api_key', 'token', 'access_token', 'xi-api-key', 'single_use_token']
    const query = `?alt=json${places.map((place) => `&${place}=${token}`).join('')}`
    const answer = await rawCall(journey.ownkey.url, {
      method: 'POST',
      path: `${path}${query}`,
      headers: [...kept, ...secrets, ...own, ...type],
      ...(body !== undefined && { body }),
    })
    expect(answer.status).toBe(200)
    const seen = journey.upstream.journal.requests.at(-1)
    expect(seen?.target).toBe(`${path.replace(`/${provider}`, '')}?alt=json`)
    // Which of the caller's account headers a provider knows is its own; the others mean nothing to it and pass.
    const foreign = ['openai-organization', 'openai-project', 'x-goog-user-project', 'anthropic-workspace-id']
    const passed = (seen?.headers ?? []).filter(([name]) => !foreign.includes(name.toLowerCase()))
    const sorted = (pairs: HeaderPairs) => pairs.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort()
    expect(sorted(passed)).toEqual(
      sorted([
        ...kept,
        ...type,
        ['host', new URL(journey.upstream.origin).host],
        ['connection', 'keep-alive'],
        ['content-length', String(Buffer.byteLength(body as string))],
        credentialOf[provider](canaryKeys[provider]),
      ]),
    )
    const sameVendor = {
      openai: /^openai-/,
      anthropic: /^anthropic-workspace/,
      gemini: /^x-goog-user/,
      elevenlabs: /^$/,
      sarvam: /^$/,
    }
    expect(seen?.headers.filter(([name]) => sameVendor[provider].test(name.toLowerCase()))).toEqual([])
    expect(JSON.stringify(seen?.headers)).not.toContain(token)
  })
})

describe('of fifty odd headers and of the leaking ones the caller sees none, of the known ones all, once each and as they were', () => {
  const known: HeaderPairs = [
    ['X-Request-Id', 'req_upstream'],
    ['X-RateLimit-Remaining-Requests', '41'],
    ['x-ratelimit-reset-tokens', '6m0s'],
    ['OpenAI-Processing-Ms', '12'],
    ['openai-version', '2020-10-01'],
    ['Retry-After', '3'],
    ['Cache-Control', 'no-store'],
    ['ETag', 'W/"1"'],
    ['Vary', 'Accept-Encoding'],
  ]
  const leaks: HeaderPairs = [
    ['OpenAI-Organization', 'org-secret'],
    ['openai-project', 'proj-secret'],
    ['CF-RAY', '1'],
    ['Alt-Svc', 'h3'],
    ['Strict-Transport-Security', 'max-age=1'],
    ['Access-Control-Allow-Origin', '*'],
    ['WWW-Authenticate', 'Bearer'],
    ['Ownkey-Key-Source', 'platform'],
    ['Ownkey-Error', 'forged'],
    ['Location', 'https://elsewhere.test'],
  ]
  const always = ['ownkey-request-id', 'ownkey-key-source', 'ownkey-provider']
  const hop = ['date', 'connection', 'keep-alive', 'content-type', 'content-length']

  test.each([
    ['an answer', 200, { data: [] }, always],
    ['an error', 400, { error: { message: 'no', code: 'x' } }, [...always, 'ownkey-error']],
    ['an error of the key', 403, { error: { message: 'no', code: 'x' } }, [...always, 'ownkey-error']],
  ])('in %s', async (_name, status, body, own) => {
    const off = journey.upstream.on(
      '/v1/models',
      json(body, { status, headers: [...oddHeaders(), ...known, ...leaks] }),
    )
    const answer = await rawCall(journey.ownkey.url, {
      path: '/openai/v1/models',
      headers: { authorization: `Bearer ${token}` },
    })
    off()
    expect(answer.status).toBe(status)
    const names = answer.headers.map(([name]) => name.toLowerCase()).sort()
    expect(names).toEqual(
      [...known.map(([name]) => name.toLowerCase()), ...own, ...hop.filter((name) => names.includes(name))].sort(),
    )
    for (const [name, value] of known) expect(answer.header(name)).toBe(value)
    expect(answer.header('ownkey-key-source')).toBe('organization')
    expect(answer.header('ownkey-error')).not.toBe('forged')
  })
})

describe('an answer that a browser would open as a page', () => {
  const open = async (type: string, status = 200) => {
    const undo = journey.upstream.on(
      '/v1/page',
      bytes(Buffer.from('<script>1</script>'), { status, headers: type === '' ? {} : { 'content-type': type } }),
    )
    const answer = await rawCall(journey.ownkey.url, { path: `/openai/v1/page?key=${token}` })
    undo()
    return [answer.status, answer.header('content-security-policy'), answer.header('x-content-type-options')]
  }

  test.each([
    'text/html',
    'Text/HTML; charset=utf-8',
    'application/xhtml+xml',
    'image/svg+xml',
    'text/xml',
    'application/xml',
    'multipart/x-mixed-replace; boundary=b',
    'unknown/unknown',
    '*/*',
    '',
  ])('%j runs nothing on the origin that the console shares', async (type) => {
    const dead = ["sandbox; default-src 'none'", 'nosniff']
    expect(await open(type)).toEqual([200, ...dead])
    expect(await open(type, 500)).toEqual([500, ...dead])
  })

  test.each(['application/json', 'text/event-stream', 'text/plain', 'audio/mpeg', 'image/png', 'application/pdf'])(
    '%s is none, and gets no header that the provider did not send',
    async (type) => {
      expect(await open(type)).toEqual([200, undefined, undefined])
    },
  )
})

describe('the token is taken from wherever an SDK puts its key', () => {
  const places: [string, (token: string) => { headers?: Record<string, string>; query?: string }][] = [
    ['Authorization: Bearer', (own) => ({ headers: { authorization: `Bearer ${own}` } })],
    ['authorization: bearer', (own) => ({ headers: { authorization: `bearer ${own}` } })],
    ['x-api-key', (own) => ({ headers: { 'x-api-key': own } })],
    ['x-goog-api-key', (own) => ({ headers: { 'x-goog-api-key': own } })],
    ['xi-api-key', (own) => ({ headers: { 'xi-api-key': own } })],
    ['api-subscription-key', (own) => ({ headers: { 'api-subscription-key': own } })],
    ['api-key', (own) => ({ headers: { 'api-key': own } })],
    ['?key=', (own) => ({ query: `?key=${own}` })],
  ]
  test.each(places)('%s, at every provider', async (_name, place) => {
    const { headers = {}, query = '' } = place(token)
    for (const provider of fiveProviders) {
      const from = journey.upstream.journal.requests.length
      const { path } = nativeCalls[provider](token)
      const answer = await rawCall(journey.ownkey.url, { path: `${path}${query}`, headers })
      expect(answer.status).toBe(200)
      const [seen] = journey.upstream.journal.requests.slice(from)
      const [header, value] = credentialOf[provider](canaryKeys[provider])
      expect(seen?.header(header)).toBe(value)
      expect(seen?.target).toBe(path.replace(`/${provider}`, ''))
    }
  })
})

describe('an empty Ownkey header', () => {
  const send = async (bearer: string, headers: Record<string, string>) => {
    const call = nativeCalls.openai(bearer)
    const answer = await rawCall(journey.ownkey.url, { ...call, headers: { ...call.headers, ...headers } })
    const source = answer.headers.find(([name]) => name.toLowerCase() === 'ownkey-key-source')?.[1]
    return { status: answer.status, source, error: JSON.parse(answer.text).error }
  }
  const filled = { 'ownkey-org': 'org-1', 'ownkey-feature': 'assistant' }

  test.each([
    ['ownkey-org', 'org_required'],
    ['ownkey-feature', 'feature_required'],
    ['ownkey-user', 'request_invalid'],
    ['ownkey-environment', 'request_invalid'],
  ])('%s is refused by its name where nothing else says what it would: %s', async (name, code) => {
    const sent = journey.upstream.journal.requests.length
    const answer = await send(await journey.ownkey.token(), { ...filled, [name]: '' })
    expect(answer).toMatchObject({ status: 400, error: { code } })
    const written = name.replaceAll(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
    expect(answer.error.message).toContain(`The header ${written} is empty. Send a value in ${written}`)
    expect(journey.upstream.journal.requests.length).toBe(sent)
  })

  test('says nothing where the token carries what it would say', async () => {
    const bearer = await journey.ownkey.token({
      org: 'org-1',
      feature: 'assistant',
      user: 'u1',
      environment: 'production',
    })
    const empty = { 'ownkey-org': '', 'ownkey-feature': '', 'ownkey-user': '', 'ownkey-environment': '' }
    expect(await send(bearer, empty)).toMatchObject({ status: 200, source: 'organization' })
    expect(await send(bearer, { ...empty, 'ownkey-user': 'u2' })).toMatchObject({
      status: 403,
      error: { code: 'token_scope' },
    })
  })

  test('of a request id is refused by its name', async () => {
    const answer = await send(token, { 'ownkey-request-id': '' })
    expect(answer).toMatchObject({ status: 400, error: { code: 'request_invalid' } })
    expect(answer.error.message).toContain('ownkey-request-id')
  })
})

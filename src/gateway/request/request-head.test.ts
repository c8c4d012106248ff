import { describe, expect, it } from 'vitest'
import { buildRequestHeaders, passedHeaders } from '../attempt/request-headers.ts'
import { readRequestHead } from './request-head.ts'

describe('the caller’s token', () => {
  it.each([
    ['Authorization', 'Bearer okt_abc'],
    ['authorization', 'bearer  okt_abc'],
    ['Authorization', 'Token okt_abc'],
    ['Authorization', 'okt_abc'],
    ['x-api-key', 'okt_abc'],
    ['api-key', 'okt_abc'],
    ['X-Goog-Api-Key', 'okt_abc'],
    ['xi-api-key', 'okt_abc'],
    ['api-subscription-key', 'okt_abc'],
    ['Sec-WebSocket-Protocol', 'realtime, openai-insecure-api-key.okt_abc, openai-beta.realtime-v1'],
    ['Sec-WebSocket-Protocol', 'token, okt_abc'],
  ])('is taken from %s: %s', (name, value) => {
    expect(readRequestHead([name, value], '').token).toBe('okt_abc')
  })

  it('is taken from the query and cut out of it, the rest byte for byte', () => {
    const head = readRequestHead([], 'alt=sse&key=okt_abc&a=%2F+b&empty')
    expect(head).toMatchObject({ token: 'okt_abc', query: 'alt=sse&a=%2F+b&empty' })
  })

  it('wins over a provider’s key that an SDK sends beside it', () => {
    expect(readRequestHead(['Authorization', 'Bearer sk-other', 'x-api-key', 'okt_abc'], '').token).toBe('okt_abc')
  })

  it('may stand twice when it is the same', () => {
    expect(readRequestHead(['Authorization', 'Bearer okt_abc', 'x-api-key', 'okt_abc'], '').token).toBe('okt_abc')
    expect(() => readRequestHead(['Authorization', 'Bearer okt_abc', 'x-api-key', 'okt_abd'], '')).toThrow(
      /two different/,
    )
  })

  it('is told apart from a provider’s key', () => {
    expect(() => readRequestHead(['Authorization', 'Bearer sk-proj-1234'], '')).toThrow(/may be a provider’s key/)
    expect(() => readRequestHead(['Authorization', 'Bearer oks_1234'], '')).toThrow(/session token/)
    expect(() => readRequestHead([], '')).toThrow(/No Ownkey token/)
    // What an SDK sends when its key is empty.
    expect(() => readRequestHead(['Authorization', 'Bearer', 'x-api-key', ''], '')).toThrow(/No Ownkey token/)
  })
})

describe('a body', () => {
  it('comes in chunks or with its length', () => {
    expect(readRequestHead(['Authorization', 'okt_a', 'Transfer-Encoding', 'Chunked'], '').hasBody).toBe(true)
    for (const coding of ['gzip, chunked', 'chunked, chunked', 'identity', ''])
      expect(() => readRequestHead(['Authorization', 'okt_a', 'Transfer-Encoding', coding], '')).toThrow(
        /Transfer-Encoding/,
      )
  })
})

describe('Ownkey’s own headers', () => {
  it('are read in any case', () => {
    const head = readRequestHead(
      [
        'Authorization',
        'okt_a',
        'OWNKEY-ORG',
        'acme',
        'Ownkey-Feature',
        'chatbot',
        'ownkey-user',
        'u1',
        'Ownkey-Environment',
        'staging',
        'Ownkey-Request-Id',
        'r1',
      ],
      '',
    )
    expect(head).toMatchObject({ org: 'acme', feature: 'chatbot', user: 'u1', environment: 'staging', requestId: 'r1' })
  })

  it.each([
    ['Ownkey-Orgs', 'acme', /no header ownkey-orgs/],
    ['Ownkey-Request-Id', '', /header ownkey-request-id is empty/],
    ['Ownkey-Org', 'a b', /visible ASCII/],
    ['Ownkey-User', 'x'.repeat(257), /too long/],
  ])('%s: %s is refused', (name, value, message) => {
    expect(() => readRequestHead(['Authorization', 'okt_a', name, value], '')).toThrow(message)
  })

  it('must not contradict themselves', () => {
    expect(() => readRequestHead(['Authorization', 'okt_a', 'Ownkey-Org', 'a', 'Ownkey-Org', 'b'], '')).toThrow(/twice/)
  })
})

describe('the upstream’s headers', () => {
  const credential = { placement: { header: 'x-goog-api-key', prefix: '' }, value: 'AIza-key' }

  it('are the caller’s less credentials, cookies, origin, hop-by-hop and Ownkey’s, plus one credential', () => {
    const sent = buildRequestHeaders(
      [
        ...[
          'Host',
          'x',
          'Authorization',
          'Bearer okt_a',
          'x-goog-api-key',
          'okt_a',
          'X-Api-Key',
          'k',
          'api-key',
          'k',
          'xi-api-key',
          'k',
        ],
        ...[
          'Api-Subscription-Key',
          'k',
          'Cookie',
          'a=b',
          'Origin',
          'https://a',
          'Ownkey-Org',
          'acme',
          'Connection',
          'keep-alive, X-Hop',
        ],
        ...[
          'X-Hop',
          '1',
          'Keep-Alive',
          '1',
          'TE',
          'trailers',
          'Upgrade',
          'h2c',
          'Transfer-Encoding',
          'chunked',
          'Expect',
          '100-continue',
        ],
        ...[
          'Proxy-Authorization',
          'Basic x',
          'X-Forwarded-For',
          '10.0.0.1',
          'Forwarded',
          'for=x',
          'Content-Length',
          '2',
        ],
        ...[
          'Content-Type',
          'application/json',
          'Accept-Encoding',
          'gzip',
          'X-Custom',
          'a',
          'X-Custom',
          'b',
          'OpenAI-Organization',
          'org-1',
        ],
      ],
      credential,
      ['openai-organization'],
    )
    expect(sent).toEqual([
      'Content-Type',
      'application/json',
      'Accept-Encoding',
      'gzip',
      'X-Custom',
      'a',
      'X-Custom',
      'b',
      'x-goog-api-key',
      'AIza-key',
    ])
  })

  it('leave out what was added on the way here', () => {
    const added = 'Via,X-Real-IP,True-Client-IP,CF-Connecting-IP,CF-IPCountry,CDN-Loop,X-Original-Forwarded-For'
    const signIn = 'Cf-Access-Jwt-Assertion,X-Amzn-Oidc-Data,X-Goog-IAP-JWT-Assertion,X-Auth-Request-Email'
    const browser = 'Referer,Sec-Fetch-Site,Sec-CH-UA,Sec-WebSocket-Key'
    const kept =
      'cf-aig-authorization,traceparent,HTTP-Referer,x-request-id,OpenAI-Beta,anthropic-version,x-goog-user-project'
    const passed = passedHeaders(
      [added, signIn, browser, kept].flatMap((names) => names.split(',').flatMap((name) => [name, '1'])),
    )
    expect(passed.filter((_, at) => at % 2 === 0).join(',')).toBe(kept)
  })
})

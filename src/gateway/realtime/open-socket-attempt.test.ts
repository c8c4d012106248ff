import { describe, expect, test } from 'vitest'
import { Secret } from '../../crypto/index.ts'
import type { Attempt } from '../../policy/index.ts'
import { findProvider, type Provider } from '../../providers/index.ts'
import type { GatewayDeps } from '../gateway-deps.ts'
import { openSocketAttempt, type SocketSource } from './open-socket-attempt.ts'
import { readOffer } from './subprotocols.ts'

function opened(id: string, path: string, more: { attempt?: Partial<Attempt>; key?: string; query?: string } = {}) {
  const provider = findProvider(id) as Provider
  const route = provider.realtime?.find((one) => one.path.test(path))
  const key = new Secret(more.key ?? 'the-key')
  const source = {
    attempt: { source: 'platform', provider: id, origin: provider.origin, ...more.attempt },
    provider,
    setup: { platformKey: () => key },
    route,
    offer: readOffer(undefined, []),
    rawHeaders: [],
    path: more.query === undefined ? path : `${path}?${more.query}`,
  } as unknown as SocketSource
  return openSocketAttempt(source, { sandbox: { origin: () => 'http://sandbox' } } as unknown as GatewayDeps)
}

describe('where a socket goes', () => {
  test.each([
    ['the vendor’s host for sockets', 'assemblyai', '/v3/ws', {}, 'https://streaming.assemblyai.com'],
    [
      'that host in the key’s region',
      'assemblyai',
      '/v3/ws',
      { origin: 'https://api.eu.assemblyai.com', region: 'eu' },
      'https://streaming.eu.assemblyai.com',
    ],
    ['the agent’s own host', 'deepgram', '/v1/agent/converse', {}, 'https://agent.deepgram.com'],
    ['the only host', 'deepgram', '/v1/listen', {}, 'https://api.deepgram.com'],
    [
      'the operator’s or customer’s host, never the vendor’s for it',
      'assemblyai',
      '/v3/ws',
      { origin: 'https://proxy.test' },
      'https://proxy.test',
    ],
  ] as const)('is %s', (_name, id, path, attempt, origin) => {
    expect(opened(id, path, { attempt }).origin).toBe(origin)
  })

  test('is the sandbox for its keys', () => {
    expect(opened('deepgram', '/v1/listen', { key: 'sandbox-ok' })).toMatchObject({
      origin: 'http://sandbox',
      path: '/deepgram/v1/listen',
    })
  })
})

describe('the credential', () => {
  const live = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'

  test.each([
    ['deepgram', '/v1/listen', ['authorization', 'Token the-key'], []],
    ['openai', '/v1/realtime', ['authorization', 'Bearer the-key'], []],
    ['assemblyai', '/v3/ws', ['authorization', 'the-key'], []],
    ['elevenlabs', '/v1/speech-to-text/realtime', ['xi-api-key', 'the-key'], []],
    ['sarvam', '/text-to-speech/ws', [], ['api-subscription-key.the-key']],
    ['gemini', live, [], []],
  ] as const)('of %s%s stands where the vendor wants it', (id, path, headers, protocols) => {
    expect(opened(id, path)).toMatchObject({ headers, protocols })
  })

  test.each([
    [undefined, '?key=a%2Fb'],
    ['', '?key=a%2Fb'],
    ['alt=sse', '?alt=sse&key=a%2Fb'],
    ['alt=sse&', '?alt=sse&key=a%2Fb'],
  ])('joins the query %s', (query, joined) => {
    expect(opened('gemini', live, { key: 'a/b', ...(query !== undefined && { query }) }).path).toBe(live + joined)
  })

  test('is never a document', () => {
    expect(() => opened('vertex', '/ws/x', { key: '{\n"private_key": "x" }' })).toThrow(
      expect.objectContaining({ code: 'request_invalid' }),
    )
  })
})

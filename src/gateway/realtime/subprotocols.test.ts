import { describe, expect, test } from 'vitest'
import { findProvider, type SocketCredential } from '../../providers/index.ts'
import { answerOffer, credentialEntries, readOffer } from './subprotocols.ts'

const acceptsOf = (provider: string, path: string): readonly SocketCredential[] =>
  findProvider(provider)?.realtime?.find((route) => route.path.test(path))?.accepts ?? []

const openai = acceptsOf('openai', '/v1/realtime')
const deepgram = acceptsOf('deepgram', '/v1/listen')
const sarvam = acceptsOf('sarvam', '/text-to-speech/ws')

describe('an offer', () => {
  test.each([
    ['nothing', undefined, openai, [], []],
    ['names only', 'a, b', openai, ['a', 'b'], []],
    [
      'a prefixed secret between names',
      'realtime, openai-insecure-api-key.okt_1, x',
      openai,
      ['realtime', 'x'],
      ['openai-insecure-api-key.okt_1'],
    ],
    [
      'a vendor’s own secret, which must not go up either',
      'realtime, openai-insecure-api-key.sk-1',
      openai,
      ['realtime'],
      ['openai-insecure-api-key.sk-1'],
    ],
    ['a word and the secret behind it', 'token, okt_1', deepgram, [], ['token', 'okt_1']],
    ['a word and a foreign secret behind it', 'bearer, abc', deepgram, [], ['bearer', 'abc']],
    ['a token where the route knows none', 'x, okt_1', [], ['x'], ['okt_1']],
    ['only the secret', 'api-subscription-key.okt_1', sarvam, [], ['api-subscription-key.okt_1']],
  ] as const)('of %s', (_name, header, accepts, names, consumed) => {
    expect(readOffer(header, accepts)).toMatchObject({ names, consumed })
  })
})

describe('the answer to an offer', () => {
  const answer = (header: string | undefined, accepts: readonly SocketCredential[], chosen?: string) =>
    answerOffer(readOffer(header, accepts), chosen)

  test('is what the provider chose, when the caller offered it', () => {
    expect(answer('realtime, x', openai, 'x')).toBe('x')
    expect(answer('realtime, openai-insecure-api-key.okt_1', openai, 'realtime')).toBe('realtime')
  })

  test('is one of the caller’s own entries when its credential was one and the provider chose nothing or the key', () => {
    expect(answer('realtime, openai-insecure-api-key.okt_1', openai)).toBe('realtime')
    expect(answer('token, okt_1', deepgram)).toBe('token')
    expect(answer('api-subscription-key.okt_1', sarvam)).toBe('api-subscription-key.okt_1')
    expect(answer('api-subscription-key.okt_1', sarvam, 'api-subscription-key.the-key')).toBe(
      'api-subscription-key.okt_1',
    )
  })

  test('is none when the provider chose none, or nothing that was offered', () => {
    expect(answer('realtime', openai)).toBeUndefined()
    expect(answer(undefined, sarvam, 'api-subscription-key.the-key')).toBeUndefined()
  })
})

test('a provider’s credential stands as its entries say', () => {
  expect(credentialEntries({ in: 'subprotocol', prefix: 'k.', before: ['realtime'] }, 's')).toEqual(['realtime', 'k.s'])
  expect(credentialEntries({ in: 'subprotocol' }, 's')).toEqual(['s'])
})

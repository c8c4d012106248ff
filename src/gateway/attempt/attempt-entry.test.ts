import { describe, expect, test } from 'vitest'
import type { Exchange } from '../exchange.ts'
import { entryEnd } from './attempt-entry.ts'
import type { Outcome } from './outcome.ts'

const told = { inputTokens: 9, outputTokens: 3 }
const served: Outcome = { relayed: true, status: 200, durationMs: 20.4, firstByteMs: 10.6, bytes: 9_000, usage: told }

/** Of a request whose texts come to a few tokens. */
function exchangeOf(
  more: {
    meters?: string
    isFree?: boolean
    method?: string
    capability?: string
    characters?: number
    charactersAreCredits?: boolean
    isComplete?: boolean
  } = {},
): Required<Exchange> {
  const {
    meters = 'tokens',
    isFree,
    capability,
    method = 'POST',
    characters,
    charactersAreCredits = false,
    isComplete = true,
  } = more
  const provider = { usage: { charactersAreCredits } }
  const chunks = [Buffer.from('{"messages":[{"role":"user","content":"What is a gateway?"}]}')]
  const body = { isComplete, chunks }
  return {
    surface: { meters, isFree, capability },
    req: { method },
    body,
    characters,
    provider,
  } as unknown as Required<Exchange>
}
const end = (more: Partial<Outcome>, exchange = exchangeOf()) => entryEnd({ ...served, ...more }, exchange)

describe('what an attempt is settled with', () => {
  test('is what the provider counted, in whole milliseconds', () => {
    expect(end({})).toEqual({
      status: 200,
      errorClass: undefined,
      usage: told,
      isFree: false,
      estimated: false,
      firstByteMs: 11,
      durationMs: 20,
      charged: true,
    })
  })

  test('is charged below 400, also when the caller left or the stream ended with an error', () => {
    const later = { class: 'provider_error' } as const
    for (const [charged, outcome] of [
      [true, { status: 304 }],
      [true, { cut: 'caller' }],
      [true, { cut: 'upstream' }],
      [true, { later, deliveredTokens: 1 }],
      // So long an answer says something, though no text was found in it.
      [true, { later, deliveredTokens: 0, bytes: 5_000 }],
      [false, { later, deliveredTokens: 0, bytes: 4_096 }],
      [false, { status: 400 }],
      [false, { status: undefined }],
      [false, { failure: later }],
      [false, { relayed: false }],
    ] as const)
      expect([outcome, end(outcome).charged]).toEqual([outcome, charged])
  })

  test('names the failure that came first, and the network where the provider broke off', () => {
    const [failure, later] = [{ class: 'rate_limited' }, { class: 'quota_exhausted' }] as const
    expect(end({ failure, later, cut: 'upstream' }).errorClass).toBe('rate_limited')
    expect(end({ later, cut: 'upstream' }).errorClass).toBe('quota_exhausted')
    expect(end({ cut: 'upstream' }).errorClass).toBe('network')
    expect(end({ cut: 'caller' }).errorClass).toBeUndefined()
  })
})

describe('what is counted', () => {
  test('of a stream that broke off or failed is what was delivered, and no less than was told', () => {
    for (const cut of [{ cut: 'upstream' }, { cut: 'caller' }, { later: { class: 'provider_error' } }] as const) {
      expect(end({ ...cut, deliveredTokens: 7 })).toMatchObject({
        usage: { inputTokens: 9, outputTokens: 7 },
        estimated: true,
      })
      expect(end({ ...cut, deliveredTokens: 2 }).usage).toEqual(told)
    }
  })

  test('of a stream that tells nothing is estimated from both texts, as far as they are known', () => {
    const untold = { usage: undefined, deliveredTokens: 7 }
    expect(end(untold).usage).toEqual({ inputTokens: 5, outputTokens: 7 })
    expect(end(untold, exchangeOf({ isComplete: false })).usage).toEqual({ outputTokens: 7 })
    expect(end({ usage: { inputTokens: 9 }, deliveredTokens: 7 })).toMatchObject({
      usage: { inputTokens: 9, outputTokens: 7 },
      estimated: true,
    })
    expect(end({ usage: { inputTokens: 9 }, deliveredTokens: 0 })).toMatchObject({ estimated: false })
  })

  test('of an answer that tells nothing and is no text is known to nobody', () => {
    expect(end({ usage: undefined })).toMatchObject({ usage: undefined, estimated: true })
    expect(end({ usage: undefined, deliveredTokens: 7 }, exchangeOf({ meters: 'images' })).usage).toBeUndefined()
    expect(end({ usage: undefined }, exchangeOf({ meters: 'none' }))).toMatchObject({
      usage: undefined,
      estimated: false,
    })
  })

  test('of what is read, deleted or not billed is nothing, and known to be nothing', () => {
    const untold = { usage: undefined }
    for (const method of ['GET', 'HEAD', 'DELETE'])
      for (const meters of ['none', 'audio'])
        expect(end(untold, exchangeOf({ meters, method }))).toMatchObject({ isFree: true, estimated: false })
    expect(end(untold, exchangeOf({ meters: 'none', isFree: true }))).toMatchObject({ isFree: true, estimated: false })
    expect(end(untold, exchangeOf({ meters: 'none' })).isFree).toBe(false)
    // A finished job is billed by what it tells.
    expect(end({ usage: { audioSeconds: 2 } }, exchangeOf({ meters: 'audio', method: 'GET' })).isFree).toBe(false)
    expect(end({ ...untold, status: 404 }, exchangeOf({ method: 'GET' })).isFree).toBe(false)
  })

  test('of embeddings is what was to be embedded, unless the provider counts it', () => {
    const embeddings = exchangeOf({ capability: 'embeddings' })
    expect(end({ usage: undefined }, embeddings)).toMatchObject({ usage: { inputTokens: 5 }, estimated: true })
    expect(end({ usage: { inputTokens: 9 } }, embeddings)).toMatchObject({
      usage: { inputTokens: 9 },
      estimated: false,
    })
    expect(end({ usage: undefined, cut: 'caller' }, embeddings).usage).toBeUndefined()
  })

  test('of speech is what was to be spoken, unless the provider says how much it was', () => {
    const speech = exchangeOf({ meters: 'characters', characters: 11 })
    expect(end({ usage: undefined }, speech)).toMatchObject({ usage: { characters: 11 }, estimated: true })
    expect(end({ usage: { characters: 8 } }, speech)).toMatchObject({ usage: { characters: 8 }, estimated: false })
  })

  test('of speech whose provider tells credits is no less than was to be spoken', () => {
    const speech = exchangeOf({ meters: 'characters', characters: 11, charactersAreCredits: true })
    expect(end({ usage: { characters: 6 } }, speech)).toMatchObject({ usage: { characters: 11 }, estimated: true })
    expect(end({ usage: { characters: 12 } }, speech)).toMatchObject({ usage: { characters: 12 }, estimated: false })
  })

  test('of what was not served is what the provider told, and nothing of ours', () => {
    const failure = { class: 'provider_error' } as const
    expect(end({ failure, usage: undefined, deliveredTokens: 7 })).toMatchObject({ usage: undefined, estimated: false })
  })
})

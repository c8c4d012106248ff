import { beforeEach, describe, expect, it } from 'vitest'
import type { Failure } from '../../providers/index.ts'
import { KeyHealth } from './key-health.ts'

let now = 0
const said = (text: string) => ({ answer: { body: Buffer.from(text) } })
let health: KeyHealth<ReturnType<typeof said>>

beforeEach(() => {
  now = 1_000_000
  health = new KeyHealth(() => now)
})

const fail = (failure: Failure, model: string | undefined = 'm', text = 'said') =>
  health.failed('k:1', { model, failure, answer: said(text) })

describe('a key that failed', () => {
  it('is tried once more before it rests, unless the provider says how long to wait', () => {
    fail({ class: 'invalid_key' })
    expect(health.resting('k:1', 'm')).toBeUndefined()
    expect(health.isKnownGood('k:1')).toBe(false)
    fail({ class: 'quota_exhausted' })
    expect(health.resting('k:1', 'm')).toBeUndefined()
    fail({ class: 'quota_exhausted' })
    expect(health.resting('k:1', 'm')).toBeDefined()
  })

  it('does not rest while each failure reads differently: what is wrong with it changes', () => {
    for (const text of ['The key is wrong.', 'The key has expired.', 'The key is wrong.', 'The account is closed.']) {
      fail({ class: 'invalid_key' }, 'm', text)
      expect(health.resting('k:1', 'm')).toBeUndefined()
    }
    fail({ class: 'invalid_key', cause: 'expired' }, 'm', 'The account is closed.')
    expect(health.resting('k:1', 'm')).toBeUndefined()
  })

  it('rests when failures differ in ids, times and counts alone', () => {
    fail({ class: 'invalid_key' }, 'm', '{"message":"wrong key","request_id":"req_011CX","at":"2026-11-20T10:00:00Z"}')
    fail({ class: 'invalid_key' }, 'm', '{"message":"wrong key","request_id":"req_9z","at":"2026-11-20T10:00:01Z"}')
    expect(health.resting('k:1', 'm')).toBeDefined()
  })

  it('rests shortly, for every model, when it is invalid, and longer each time', () => {
    fail({ class: 'invalid_key' })
    fail({ class: 'invalid_key' })
    expect(health.resting('k:1', 'other')).toMatchObject({ answer: said('said') })
    now += 5_001
    expect(health.resting('k:1', 'm')).toBeUndefined()
    fail({ class: 'invalid_key' })
    now += 5_001
    expect(health.resting('k:1', 'm')).toBeDefined()
    now += 5_000
    expect(health.resting('k:1', 'm')).toBeUndefined()
  })

  it('remembers a few models only, however many its callers name', () => {
    const held = () =>
      Array.from({ length: 1_000 }, (_, at) => health.resting('k:1', `m${at}`)).filter((rest) => rest !== undefined)
    for (let at = 0; at < 1_000; at++) fail({ class: 'rate_limited', retryAfterMs: 30_000 }, `m${at}`)
    expect(held().length).toBe(50)
    expect(health.resting('k:1', 'm999')).toBeDefined()
    now += 30_001
    fail({ class: 'rate_limited', retryAfterMs: 30_000 }, 'm0')
    expect(held().length).toBe(1)
  })

  it('rests shortly again when something else is wrong with it', () => {
    for (let times = 0; times < 4; times++) fail({ class: 'invalid_key' })
    now += 60_000
    for (let times = 0; times < 2; times++) fail({ class: 'invalid_key' }, 'm', 'something else')
    expect(health.resting('k:1', 'm')).toBeDefined()
    now += 5_001
    expect(health.resting('k:1', 'm')).toBeUndefined()
  })

  it('rests as long as the provider asks, for that model only, when it is rate limited', () => {
    fail({ class: 'rate_limited', retryAfterMs: 30_000 })
    expect(health.resting('k:1', 'other')).toBeUndefined()
    now += 29_999
    expect(health.resting('k:1', 'm')).toBeDefined()
    now += 2
    expect(health.resting('k:1', 'm')).toBeUndefined()
  })

  it('does not rest for ever because a provider says so', () => {
    fail({ class: 'rate_limited', retryAfterMs: 86_400_000 })
    now += 120_001
    expect(health.resting('k:1', 'm')).toBeUndefined()
  })

  it.each([
    'provider_error',
    'network',
    'permission_denied',
    'request_invalid',
    'content_refused',
    'model_unavailable',
  ] as const)('does not rest because of %s', (errorClass) => {
    fail({ class: errorClass })
    expect(health.resting('k:1', 'm')).toBeUndefined()
  })

  it('is another key in its next version', () => {
    fail({ class: 'invalid_key' })
    expect(health.resting('k:2', 'm')).toBeUndefined()
  })

  it('is forgiven as soon as it is accepted', () => {
    fail({ class: 'quota_exhausted' })
    fail({ class: 'quota_exhausted' })
    health.accepted('k:1')
    expect(health.resting('k:1', 'm')).toBeUndefined()
    expect(health.isKnownGood('k:1')).toBe(true)
  })
})

describe('a key of unknown health', () => {
  it('is tried by one of a herd that comes in the same moment; the others are told', async () => {
    expect(health.isKnownGood('k:1')).toBe(false)
    const turns = Array.from({ length: 100 }, () => health.askToTry('k:1'))
    const [pilot, ...waiting] = turns
    expect(typeof pilot).toBe('function')
    expect(waiting.every((turn) => turn instanceof Promise)).toBe(true)
    if (typeof pilot === 'function') pilot()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['told']))
    expect(typeof health.askToTry('k:1')).toBe('function')
  })

  it('is tried by two more while the first tells nothing, and by everybody after that', () => {
    const goes = () => typeof health.askToTry('k:1') === 'function'
    expect([goes(), goes()]).toEqual([true, false])
    now += 400
    expect([goes(), goes()]).toEqual([true, false])
    now += 800
    expect([goes(), goes()]).toEqual([true, false])
    now += 1_300
    expect([goes(), goes(), goes()]).toEqual([true, true, true])
  })

  it('is unknown again some minutes after it was last accepted', () => {
    health.accepted('k:1')
    now += 300_001
    expect(health.isKnownGood('k:1')).toBe(false)
  })
})

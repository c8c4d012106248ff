import { describe, expect, test } from 'vitest'
import type { CapStanding } from '../policy/index.ts'
import type { EntryStart } from './ledger.ts'
import { createSpendWatch } from './spend-watch.ts'

const startedAt = Date.UTC(2026, 10, 20, 12)
const start: EntryStart = {
  requestId: 'req-1',
  attempt: 1,
  org: 'acme',
  environment: 'production',
  provider: 'openai',
  surface: 'chat',
  source: 'organization',
  key: { id: 'key-1', version: 1 },
  host: 'api.openai.com',
  credits: 0,
  startedAt,
}
const cap: CapStanding = {
  scope: 'organization',
  per: 'day',
  currency: 'USD',
  limitPico: 1e15,
  spentPico: 0,
  warnAt: 80,
}
const cost = (costPico: number) => ({ costPico, currency: 'USD' })

function watching() {
  const time = { now: startedAt, monotonic: 0 }
  const watch = createSpendWatch({ now: () => time.now, monotonic: () => time.monotonic })
  return { time, watch }
}

describe('what this process has spent', () => {
  test('counts until a reading that began after it was written, however the costs were written', () => {
    const { time, watch } = watching()
    const [one, two, three] = [1, 20, 300].map((pico) => watch.note(start, cost(pico)))
    expect(watch.since('acme', cap, 0)).toBe(321)
    time.monotonic = 10
    one?.()
    time.monotonic = 30
    two?.()
    expect([0, 10, 11, 30, 31].map((asOf) => watch.since('acme', cap, asOf))).toEqual([321, 321, 320, 320, 300])
    time.monotonic = 50
    three?.()
    expect([31, 50, 51].map((asOf) => watch.since('acme', cap, asOf))).toEqual([300, 300, 0])
  })

  test('counts in its own day, and toward the caps that it concerns', () => {
    const { time, watch } = watching()
    watch.note(start, cost(1))
    watch.note({ ...start, feature: 'chatbot' }, cost(20))
    watch.note({ ...start, source: 'platform', key: undefined, fallbackClass: 'network' }, cost(300))
    watch.note({ ...start, startedAt: startedAt - 86_400_000 }, cost(4_000))
    watch.note({ ...start, org: 'other' }, cost(50_000))
    expect(watch.since('acme', cap, 0)).toBe(321)
    expect(watch.since('acme', { ...cap, per: 'month' }, 0)).toBe(4_321)
    expect(watch.since('acme', { ...cap, features: ['chatbot'] }, 0)).toBe(20)
    expect(watch.since('acme', { ...cap, scope: 'fallback' }, 0)).toBe(300)
    expect(watch.since('acme', { ...cap, key: 'key-1' }, 0)).toBe(21)
    time.now += 86_400_000
    expect(watch.since('acme', cap, 0)).toBe(0)
  })

  test('is known at once, after a minute of a thousand requests a second too', () => {
    const { time, watch } = watching()
    let written: (() => void)[] = []
    const ask = () => watch.since('acme', cap, time.monotonic - 2_000)
    for (let request = 0; request < 61_000; request++) {
      time.monotonic++
      written.push(watch.note(start, cost(1)))
      if (written.length < 20) continue
      for (const tell of written) tell()
      written = []
    }
    const begun = performance.now()
    let told = 0
    for (let again = 0; again < 1_000; again++) told += ask()
    expect(told).toBe(2_020 * 1_000)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endedRow, openedRow } from './entry-rows.ts'
import { endedText, openedText } from './entry-text.ts'
import type { EntryEnd, EntryStart } from './ledger.ts'

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 250, maxLength: 260 }))
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const number = fc.oneof(fc.nat(), fc.double(), fc.integer())

const starts: fc.Arbitrary<EntryStart> = fc.record({
  requestId: anyText,
  namedByCaller: maybe(fc.boolean()),
  attempt: fc.integer({ min: 1, max: 9 }),
  org: fc.string(),
  user: maybe(anyText),
  feature: maybe(fc.string()),
  environment: fc.string(),
  provider: fc.string(),
  model: maybe(anyText),
  surface: fc.string(),
  source: fc.constantFrom('organization', 'user', 'platform'),
  key: maybe(fc.record({ id: fc.string(), version: fc.nat() })),
  host: fc.string(),
  region: maybe(fc.string()),
  credits: fc.nat(),
  meter: maybe(fc.constant('images')),
  meterPer: maybe(fc.constantFrom('day', 'month')),
  meterCounts: maybe(fc.constantFrom('successes', 'attempts')),
  fallbackClass: maybe(fc.constantFrom('invalid_key', 'network')),
  startedAt: fc.nat({ max: 4e12 }),
})

const ends: fc.Arbitrary<EntryEnd> = fc.record({
  status: maybe(number),
  errorClass: maybe(fc.constantFrom('invalid_key', 'network')),
  usage: maybe(fc.record({ inputTokens: number, outputTokens: number, audioSeconds: number }, { requiredKeys: [] })),
  model: maybe(anyText),
  estimated: fc.boolean(),
  firstByteMs: maybe(number),
  durationMs: number,
  charged: fc.boolean(),
})

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown

describe('the text of an entry', () => {
  test('holds exactly what its row holds, for whatever texts and numbers callers and providers choose', () => {
    fc.assert(
      fc.property(starts, (start) => {
        expect(JSON.parse(openedText('id1', start))).toEqual(plain(openedRow('id1', start)))
      }),
    )
    fc.assert(
      fc.property(ends, maybe(fc.record({ costPico: fc.nat(), currency: fc.string() })), (end, cost) => {
        const row = endedRow('id1', end, { endedAt: 5, cost: cost as never })
        expect(JSON.parse(endedText(row))).toEqual(plain(row))
      }),
    )
  })

  test('is never mixed up between entries that claim to be of one kind and are not', () => {
    const kind = {}
    fc.assert(
      fc.property(starts, (start) => {
        for (const one of [start, { ...start, requestId: 'again' }, { ...start, org: `${start.org}2` }])
          expect(JSON.parse(openedText('id1', { ...one, kind }))).toEqual(plain(openedRow('id1', one)))
      }),
    )
  })
})

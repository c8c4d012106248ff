import { describe, expect, it } from 'vitest'
import { readRetryAfter } from './retry-after.ts'

const now = Date.parse('2026-11-20T12:00:00Z')
const read = (headers: Record<string, string>, body: unknown = undefined) =>
  readRetryAfter({ status: 429, headers, body }, { now })
const google = (...details: unknown[]) => ({ error: { code: 429, message: 'x', details } })

describe('how long to wait', () => {
  it.each([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after-ms': '250.4', 'retry-after': '9' }, 251],
    [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '99999999' }, 31 * 24 * 3_600_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('by headers %j', (headers, expected) => {
    expect(read(headers as Record<string, string>)).toBe(expected)
  })

  it('by Google’s RetryInfo, unless the quota is one of a day', () => {
    expect(read({}, google({ retryDelay: '38s' }))).toBe(38_000)
    expect(read({}, google({ retryDelay: '0.5s' }))).toBe(500)
    expect(read({}, google({ retryDelay: { seconds: 3 } }))).toBe(3000)
    expect(
      read({}, google({ violations: [{ quotaId: 'GenerateRequestsPerDayPerProject' }] }, { retryDelay: '38s' })),
    ).toBeUndefined()
    expect(
      read({}, google({ violations: [{ quotaId: 'GenerateRequestsPerMinutePerProject' }] }, { retryDelay: '38s' })),
    ).toBe(38_000)
  })

  it.each([
    ['Please try again in 1.574s. Visit', 1574],
    ['Please try again in 9m38.016s. Need', 578_016],
    ['Please try again in 20ms.', 20],
    ['Please try again in 1h2m3s', 3_723_000],
    ['Please retry after 22 seconds. Please go here', 22_000],
    ['Please retry in 38.1s.', 38_100],
    ['Please wait 5 minutes', 300_000],
    ['Limit 200000, Used 162960, Requested 42288.', undefined],
    ['try again later', undefined],
  ])('by the text %j', (message, expected) => {
    expect(read({}, { error: { message } })).toBe(expected)
  })

  it('is never told where a human must act', () => {
    for (const cause of ['out_of_credit', 'spend_limit', 'plan_lacks_feature', 'too_large_for_limit'] as const) {
      expect(
        readRetryAfter({ status: 429, headers: { 'retry-after': '5' }, body: undefined }, { cause, now }),
      ).toBeUndefined()
    }
  })
})

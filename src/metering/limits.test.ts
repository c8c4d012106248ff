import { describe, expect, test } from 'vitest'
import { databaseKinds, openTestDatabase } from '../../test/support/databases.ts'
import { LedgerStage } from '../../test/support/ledger-stage.ts'
import type { CapStanding } from '../policy/index.ts'
import { grantAllowances } from '../store/index.ts'
import { createLedger } from './create-ledger.ts'
import type { Entry, EntryEnd, EntryStart } from './ledger.ts'

const done: EntryEnd = { status: 200, durationMs: 12, charged: true, usage: { inputTokens: 10, outputTokens: 3 } }
const refused: EntryEnd = { status: 429, errorClass: 'rate_limited', durationMs: 4, charged: false }

describe.each(databaseKinds)('limits in the ledger on %s', (kind) => {
  const stage = new LedgerStage(kind)
  const { start, newOrg, attempt } = stage

  const usedOf = async (org: string) => {
    const rows = await stage.database.query<{ used: number }>('select used from quota_usage where org_id = $1', [org])
    return rows.map((row) => row.used)
  }

  describe('spend caps', () => {
    const cap = (limitPico: number, more: Partial<CapStanding> = {}): CapStanding => ({
      scope: 'organization',
      per: 'month',
      currency: 'USD',
      limitPico,
      spentPico: 0,
      warnAt: 0.8,
      ...more,
    })
    const now = () => Date.now()
    const standing = (...caps: CapStanding[]) => ({ balance: 0, caps, spentAsOf: 0 })

    test('stop attempts by what this process spent, before any snapshot knows of it', async () => {
      const org = await newOrg()
      const ledger = start({ price: () => ({ costPico: 40, currency: 'USD' }) })
      const spend = async () =>
        (await ledger.reserve(attempt(org, { startedAt: now() }), standing(cap(100)))).settle(done)
      for (let n = 0; n < 3; n++) await spend()
      await expect(spend()).rejects.toMatchObject({ code: 'spend_cap_reached' })
      await ledger.flush()
      await expect(spend()).rejects.toMatchObject({ code: 'spend_cap_reached' })
    })

    test('count an attempt once that is settled twice', async () => {
      const org = await newOrg()
      const ledger = start({ price: () => ({ costPico: 40, currency: 'USD' }) })
      const begin = () => ledger.reserve(attempt(org, { startedAt: now() }), standing(cap(100))) as Entry
      const first = begin()
      first.settle(done)
      first.settle(done)
      begin().settle(done)
      begin().settle(done)
      expect(begin).toThrow(expect.objectContaining({ code: 'spend_cap_reached' }))
    })

    test('count what was written once: in the snapshot that was read after it, and not beside it', async () => {
      const org = await newOrg()
      const ledger = start({ price: () => ({ costPico: 40, currency: 'USD' }) })
      const start_ = () => attempt(org, { startedAt: now() })
      ;(await ledger.reserve(start_(), standing(cap(100)))).settle(done)
      await ledger.flush()
      const later = { balance: 0, caps: [cap(70, { spentPico: 40 })], spentAsOf: performance.now() + 1 }
      ;(await ledger.reserve(start_(), later)).settle(done)
      expect(() => ledger.reserve(start_(), later)).toThrow(expect.objectContaining({ code: 'spend_cap_reached' }))
    })

    test('count only their own key, feature, currency, and fallbacks where they are of those', async () => {
      const org = await newOrg()
      const ledger = start({ price: () => ({ costPico: 100, currency: 'USD' }) })
      const own = attempt(org, {
        source: 'organization',
        key: { id: 'k1', version: 1 },
        feature: 'chat',
        startedAt: now(),
      })
      ;(await ledger.reserve(own, standing(cap(1_000)))).settle(done)
      const allows = (...caps: CapStanding[]) => {
        try {
          ;(ledger.reserve(own, standing(...caps)) as Entry).settle({ ...done, charged: false })
          return true
        } catch {
          return false
        }
      }
      expect(allows(cap(100, { scope: 'key', key: 'k1' }))).toBe(false)
      expect(allows(cap(100, { scope: 'key', key: 'k2' }))).toBe(true)
      expect(allows(cap(100, { scope: 'feature', features: ['chat'] }))).toBe(false)
      expect(allows(cap(100, { scope: 'feature', features: ['other'] }))).toBe(true)
      expect(allows(cap(100, { currency: 'EUR' }))).toBe(true)
      expect(allows(cap(100, { scope: 'fallback' }))).toBe(true)
    })

    test('count what is in flight with what is expected of it, until it is settled or could not be reserved', async () => {
      const org = await newOrg(1)
      const ledger = start({ price: ({ usage }) => ({ costPico: usage.outputTokens ?? 0, currency: 'USD' }) })
      const expecting = (outputTokens: number) => ({ ...standing(cap(100)), expects: () => [{ outputTokens }] })
      const reserve = (tokens: number, more: Partial<EntryStart> = {}) =>
        ledger.reserve(attempt(org, { startedAt: now(), ...more }), expecting(tokens))
      const first = (await reserve(60)) as Entry
      const second = reserve(60)
      expect([second, ledger.waitingForRoom]).toEqual([expect.any(Promise), 1])
      first.settle(refused)
      ;(await second).settle(refused)
      await expect(reserve(60, { credits: 5 })).rejects.toMatchObject({ code: 'credits_exhausted' })
      const alone = [reserve(99), reserve(1)]
      expect(alone.every((entry) => !(entry instanceof Promise))).toBe(true)
      for (const entry of alone) (entry as Entry).settle(refused)
    })

    test('get their room back while the database is away, and what was spent counts all the same', async () => {
      const gone = await openTestDatabase(kind)
      const ledger = createLedger({
        database: gone.database,
        price: ({ usage }) => ({ costPico: usage.outputTokens ?? 0, currency: 'USD' }),
        closeWithinMs: 1,
      })
      await ledger.counted
      const reserve = (outputTokens: number) =>
        ledger.reserve(attempt('away', { startedAt: now() }), {
          ...standing(cap(100)),
          expects: () => [{ outputTokens }],
        })
      const first = reserve(90) as Entry
      await gone.remove()
      const second = reserve(90)
      first.settle({ ...done, usage: { outputTokens: 90 } })
      ;(await second).settle({ ...done, usage: { outputTokens: 10 } })
      expect(() => reserve(1)).toThrow(expect.objectContaining({ code: 'spend_cap_reached' }))
      await ledger.close()
    })

    test('are measured by sums of the day and the month that are written with the entries', async () => {
      const org = await newOrg()
      const ledger = start({ price: ({ model }) => (model === 'odd' ? undefined : { costPico: 9, currency: 'USD' }) })
      const at = { startedAt: Date.UTC(2026, 10, 20, 12) }
      ledger.open(attempt(org, { ...at, feature: 'chat', fallbackClass: 'network' })).settle(done)
      ledger.open(attempt(org, { ...at, source: 'user', key: { id: 'k', version: 1 } })).settle(done)
      ledger.open(attempt(org, { ...at, model: 'odd' })).settle(done)
      ledger.open(attempt(org, at)).settle(refused)
      await ledger.flush()
      const rows = await stage.database.query(
        `select per, period_start, feature, key_id, source, currency, cost_pico::text as cost, unpriced from spend_totals
          where org_id = $1 and per = 'month' order by source`,
        [org],
      )
      const month = new Date(Date.UTC(2026, 10, 1))
      expect(rows).toEqual([
        {
          per: 'month',
          period_start: month,
          feature: 'chat',
          key_id: '',
          source: 'fallback',
          currency: 'USD',
          cost: '9',
          unpriced: 0,
        },
        {
          per: 'month',
          period_start: month,
          feature: '',
          key_id: 'k',
          source: 'own',
          currency: 'USD',
          cost: '9',
          unpriced: 0,
        },
        {
          per: 'month',
          period_start: month,
          feature: '',
          key_id: '',
          source: 'platform',
          currency: '',
          cost: '0',
          unpriced: 1,
        },
      ])
    })
  })

  describe('the allowance of a month', () => {
    const november = Date.UTC(2026, 10, 1)
    const december = Date.UTC(2026, 11, 1)
    const grant = (org: string, credits: number, month = november) =>
      grantAllowances(stage.database, [{ org, credits }], month)
    const leftOf = async (org: string) => {
      const [row] = await stage.database.query<{ allowance: number; balance: number; overdrawn: number }>(
        `select greatest(allowance_size - allowance_spent, 0) as allowance, balance, overdrawn from organizations where id = $1`,
        [org],
      )
      return [row?.allowance, row?.balance, row?.overdrawn]
    }

    test('is granted once, however many ask at once, and lapses with the month', async () => {
      const org = await newOrg(3)
      const grants = await Promise.all(Array.from({ length: 20 }, () => grant(org, 10)))
      expect(grants.flat()).toEqual([org])
      expect(await leftOf(org)).toEqual([10, 3, 0])
      expect(await grant(org, 10, december)).toEqual([org])
      expect(await grant(org, 10)).toEqual([])
      expect(await leftOf(org)).toEqual([10, 3, 0])
    })

    test('is spent before the balance, and what is given back goes where it came from', async () => {
      const org = await newOrg(5)
      await grant(org, 10)
      const ledger = start()
      const first = ledger.open(attempt(org, { credits: 8 }))
      const second = ledger.open(attempt(org, { credits: 4 }))
      await ledger.flush()
      expect(await leftOf(org)).toEqual([0, 3, 0])
      first.settle(refused)
      await ledger.flush()
      expect(await leftOf(org)).toEqual([6, 5, 0])
      second.settle(done)
      ledger.open(attempt(org, { credits: 8 })).settle(done)
      await ledger.flush()
      expect(await leftOf(org)).toEqual([0, 3, 0])
    })

    test('takes what is given back of a request of last month for what it was: the balance’s, or lapsed', async () => {
      const org = await newOrg(5)
      await grant(org, 10)
      const ledger = start()
      const covered = ledger.open(attempt(org, { credits: 8 }))
      const half = ledger.open(attempt(org, { credits: 4 }))
      await ledger.flush()
      const late = ledger.open(attempt(org, { credits: 1 }))
      await grant(org, 10, december)
      const own = ledger.open(attempt(org, { credits: 3, startedAt: december }))
      await ledger.flush()
      expect(await leftOf(org)).toEqual([7, 2, 0])
      late.settle(refused)
      await ledger.flush()
      expect(await leftOf(org)).toEqual([7, 3, 0])
      half.settle(refused)
      await ledger.flush()
      expect(await leftOf(org)).toEqual([7, 5, 0])
      covered.settle(refused)
      own.settle(refused)
      await ledger.flush()
      expect(await leftOf(org)).toEqual([10, 5, 0])
    })

    test('is charged for a request of last month by that month, also where it had to wait for its reservation', async () => {
      const org = await newOrg(3)
      await grant(org, 10)
      await grant(org, 10, december)
      const ledger = start()
      const reserve = (credits: number) => ledger.reserve(attempt(org, { credits }), { balance: credits })
      const failed = await reserve(12)
      expect(await leftOf(org)).toEqual([10, 1, 0])
      await expect(reserve(2)).rejects.toMatchObject({ code: 'credits_exhausted' })
      failed.settle(refused)
      await ledger.flush()
      expect(await leftOf(org)).toEqual([10, 3, 0])
    })

    test('covers 500 requests at once together with the balance, and not one more', async () => {
      const org = await newOrg(70)
      await grant(org, 50)
      const ledgers = [start(), start()]
      const tries = Array.from({ length: 500 }, async (_, n) => {
        const entry = await ledgers[n % 2]!.reserve(attempt(org, { credits: 1 }), { balance: 120 })
        entry.settle(done)
      })
      const results = await Promise.allSettled(tries)
      for (const ledger of ledgers) await ledger.flush()
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(120)
      expect(await leftOf(org)).toEqual([0, 0, 0])
    })

    test('first pays off what was used beyond the balance', async () => {
      const org = await newOrg(2)
      const ledger = start()
      ledger.open(attempt(org, { credits: 6 })).settle(done)
      await ledger.flush()
      expect(await leftOf(org)).toEqual([0, 0, 4])
      await grant(org, 10)
      expect(await leftOf(org)).toEqual([6, 0, 0])
    })
  })

  test('counts failures toward a meter that counts attempts, and only successes toward others', async () => {
    const org = await newOrg()
    const ledger = start()
    const metered = (more: Partial<EntryStart>) => attempt(org, { meter: 'pictures', ...more })
    ledger.open(metered({ meterCounts: 'attempts' })).settle(refused)
    ledger.open(metered({ meterCounts: 'successes' })).settle(refused)
    const later = ledger.open(metered({ meterCounts: 'attempts' }))
    const other = ledger.open(metered({ meterCounts: 'successes' }))
    await ledger.flush()
    later.settle(refused)
    other.settle(refused)
    await ledger.flush()
    expect(await usedOf(org)).toEqual([2])
  })
})

import { describe, expect, test, vi } from 'vitest'
import { databaseKinds } from '../../test/support/databases.ts'
import { LedgerStage } from '../../test/support/ledger-stage.ts'
import { OwnkeyError } from '../contract/index.ts'
import type { Database } from '../store/index.ts'
import { createLedger, type LedgerTrouble } from './create-ledger.ts'
import type { EntryEnd, EntryStart } from './ledger.ts'

const done: EntryEnd = {
  status: 200,
  durationMs: 12,
  firstByteMs: 5,
  charged: true,
  usage: { inputTokens: 10, outputTokens: 3 },
}
const refused: EntryEnd = { status: 429, errorClass: 'rate_limited', durationMs: 4, charged: false }

describe.each(databaseKinds)('the ledger on %s', (kind) => {
  const stage = new LedgerStage(kind)
  const { start, newOrg, attempt } = stage

  const entriesOf = (org: string) => stage.database.query('select * from entries where org_id = $1 order by id', [org])
  const balanceOf = async (org: string) => {
    const [row] = await stage.database.query<{ balance: number; overdrawn: number }>(
      'select balance, overdrawn from organizations where id = $1',
      [org],
    )
    return row
  }
  const usedOf = async (org: string) => {
    const rows = await stage.database.query<{ used: number }>('select used from quota_usage where org_id = $1', [org])
    return rows.map((row) => row.used)
  }

  test('writes an entry with everything that is known of it, settled', async () => {
    const org = await newOrg()
    const ledger = start({ price: () => ({ costPico: 1_234_567, currency: 'USD' }) })
    const entry = ledger.open(
      attempt(org, {
        user: 'ann',
        feature: 'chatbot',
        key: { id: 'key-1', version: 4 },
        source: 'organization',
        region: 'eu',
        fallbackClass: 'rate_limited',
        attempt: 2,
      }),
    )
    entry.settle({
      ...done,
      model: 'gemini-2.5-flash-002',
      usage: {
        inputTokens: 7,
        outputTokens: 5,
        cacheReadTokens: 2,
        cacheWriteTokens: 1,
        reasoningTokens: 4,
        characters: 9,
        audioSeconds: 1.25,
      },
    })
    await ledger.flush()
    expect(await entriesOf(org)).toMatchObject([
      {
        id: entry.id,
        org_id: org,
        user_id: 'ann',
        feature: 'chatbot',
        attempt: 2,
        provider: 'gemini',
        model: 'gemini-2.5-flash-002',
        key_source: 'organization',
        key_id: 'key-1',
        key_version: 4,
        region: 'eu',
        state: 'settled',
        status: 200,
        fallback_class: 'rate_limited',
        input_tokens: 7,
        output_tokens: 5,
        cache_read_tokens: 2,
        cache_write_tokens: 1,
        reasoning_tokens: 4,
        characters: 9,
        audio_ms: 1250,
        estimated: false,
        cost_pico: 1_234_567,
        currency: 'USD',
        first_byte_ms: 5,
        duration_ms: 12,
        started_at: new Date(Date.UTC(2026, 10, 20, 12, 30)),
        node: ledger.node,
      },
    ])
  })

  test('shows an entry as reserved while the provider works, then settles it once', async () => {
    const org = await newOrg()
    const ledger = start()
    const entry = ledger.open(attempt(org))
    await ledger.flush()
    expect(await entriesOf(org)).toMatchObject([{ state: 'reserved', settled_at: null }])
    entry.settle(done)
    entry.settle(refused)
    await ledger.flush()
    expect(await entriesOf(org)).toMatchObject([{ state: 'settled', status: 200, input_tokens: 10 }])
  })

  test('writes thousands of entries, each exactly once', async () => {
    const org = await newOrg()
    const ledger = start()
    const entries = Array.from({ length: 3_500 }, () => ledger.open(attempt(org)))
    for (const entry of entries) entry.settle(done)
    await ledger.flush()
    const rows = await stage.database.query<{ n: number }>(
      "select count(*)::int as n from entries where org_id = $1 and state = 'settled'",
      [org],
    )
    expect(rows[0]?.n).toBe(3_500)
    expect(ledger.waiting).toBe(0)
  })

  test('takes credits for what is charged and gives back what is not', async () => {
    const org = await newOrg(1_000_000)
    const ledger = start()
    const standing = { balance: 1_000_000 }
    const first = ledger.reserve(attempt(org, { credits: 5 }), standing)
    const second = ledger.reserve(attempt(org, { credits: 7 }), standing)
    if (first instanceof Promise || second instanceof Promise) throw new Error('far from the limit nobody waits')
    await ledger.flush()
    expect(await balanceOf(org)).toMatchObject({ balance: 999_988 })
    first.settle(done)
    second.settle(refused)
    const third = ledger.open(attempt(org, { credits: 11 }))
    third.settle(refused)
    await ledger.flush()
    expect(await balanceOf(org)).toMatchObject({ balance: 999_995, overdrawn: 0 })
    expect((await entriesOf(org)).map((row) => `${row['state']} ${row['credits']}`).sort()).toEqual([
      'released 0',
      'released 0',
      'settled 5',
    ])
  })

  test('counts a quota in the period of the request, successes only', async () => {
    const org = await newOrg()
    const ledger = start()
    const standing = { balance: 0, quota: { limit: 10_000, used: 0 } }
    const one = await ledger.reserve(attempt(org, { meter: 'images' }), standing)
    const two = await ledger.reserve(attempt(org, { meter: 'images' }), standing)
    await ledger.flush()
    expect(await usedOf(org)).toEqual([2])
    one.settle(done)
    two.settle(refused)
    await ledger.flush()
    const rows = await stage.database.query('select * from quota_usage where org_id = $1', [org])
    expect(rows).toMatchObject([
      { meter: 'images', per: 'month', used: 1, period_start: new Date(Date.UTC(2026, 10, 1)) },
    ])
  })

  test('gives what a failed request held to the one that comes right after it, with just enough left', async () => {
    const org = await newOrg(5)
    // Nothing is written before somebody asks for it.
    const ledger = start({ gatherMs: 60_000 })
    const reserve = () =>
      ledger.reserve(attempt(org, { credits: 5, meter: 'pictures' }), { balance: 5, quota: { limit: 1, used: 0 } })
    for (let n = 0; n < 2; n++) {
      const failed = await reserve()
      failed.settle(refused)
    }
    const served = await reserve()
    served.settle(done)
    await expect(reserve()).rejects.toMatchObject({ code: 'credits_exhausted' })
  })

  test('of 500 parallel requests for the last credit lets exactly one through', async () => {
    const org = await newOrg(1)
    const ledger = start()
    const results = await Promise.allSettled(
      Array.from({ length: 500 }, async () => ledger.reserve(attempt(org, { credits: 1 }), { balance: 1 })),
    )
    const won = results.filter((result) => result.status === 'fulfilled')
    const codes = new Set(
      results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as OwnkeyError).code] : [])),
    )
    expect(won).toHaveLength(1)
    expect(codes).toEqual(new Set(['credits_exhausted']))
    expect(await balanceOf(org)).toEqual({ balance: 0, overdrawn: 0 })
    expect(await entriesOf(org)).toHaveLength(1)
  })

  test('of 500 parallel requests lets through as many as the balance pays whole, and leaves the rest of it', async () => {
    const org = await newOrg(100)
    const ledger = start()
    const results = await Promise.allSettled(
      Array.from({ length: 500 }, async () => ledger.reserve(attempt(org, { credits: 3 }), { balance: 100 })),
    )
    const codes = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as OwnkeyError).code] : [],
    )
    expect(codes).toHaveLength(467)
    expect(new Set(codes)).toEqual(new Set(['credits_exhausted']))
    expect(await balanceOf(org)).toEqual({ balance: 1, overdrawn: 0 })
    expect(await entriesOf(org)).toHaveLength(33)
  })

  test('of 50 parallel requests for the last three of a quota lets exactly three through, and credits are not taken for the others', async () => {
    const org = await newOrg(1_000)
    const ledger = start()
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, async () =>
        ledger.reserve(attempt(org, { credits: 2, meter: 'images' }), { balance: 1_000, quota: { limit: 3, used: 0 } }),
      ),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3)
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({
      reason: { code: 'quota_exceeded', facts: { limit: 3, resetsAt: '2026-12-01T00:00:00.000Z' } },
    })
    expect(await usedOf(org)).toEqual([3])
    expect(await balanceOf(org)).toMatchObject({ balance: 994 })
  })

  test('counts a meter that has no limit, near the end of the credits too', async () => {
    const org = await newOrg(10)
    const ledger = start()
    for (const balance of [10, 1_000_000]) {
      ;(await ledger.reserve(attempt(org, { credits: 1, meter: 'images' }), { balance })).settle(done)
    }
    await ledger.flush()
    expect(await usedOf(org)).toEqual([2])
    expect(await balanceOf(org)).toMatchObject({ balance: 8 })
  })

  test('with several nodes spending from old snapshots, the balance stays at zero or above and what is missing is owed', async () => {
    const org = await newOrg(10)
    const troubles: LedgerTrouble[] = []
    const ledger = start({ onTrouble: (trouble) => troubles.push(trouble) })
    // A snapshot that knows nothing of what the others spent.
    for (let i = 0; i < 3; i++)
      (await ledger.reserve(attempt(org, { credits: 5 }), { balance: 1_000_000 })).settle(done)
    await ledger.flush()
    expect(await balanceOf(org)).toEqual({ balance: 0, overdrawn: 5 })
    expect(troubles).toContainEqual({ kind: 'overdrawn', org, credits: 5 })
  })

  test('charges a request id that the caller repeats once, far from the limit and near it', async () => {
    for (const balance of [1_000_000, 20]) {
      const org = await newOrg(balance)
      const ledger = start()
      const repeat = () =>
        ledger.reserve(attempt(org, { requestId: 'again', namedByCaller: true, credits: 5, meter: 'images' }), {
          balance,
          quota: { limit: balance, used: 0 },
        })
      const together = await Promise.all([repeat(), repeat(), repeat()])
      await ledger.flush()
      for (const entry of together) entry.settle(done)
      await ledger.flush()
      ;(await repeat()).settle(done)
      await ledger.flush()
      expect(await balanceOf(org), `balance ${balance}`).toMatchObject({ balance: balance - 5 })
      expect(await usedOf(org)).toEqual([1])
      expect((await entriesOf(org)).map((row) => Number(row['credits'])).sort()).toEqual([0, 0, 0, 5])
    }
  })

  test('serves the repeat of a charged request for nothing, also behind those who are refused for want of credits', async () => {
    const org = await newOrg(5)
    const ledger = start()
    const ask = (more: Partial<EntryStart>) =>
      Promise.resolve(ledger.reserve(attempt(org, { credits: 5, ...more }), { balance: 0 }))
    const named = { requestId: 'again', namedByCaller: true }
    ;(await ask(named)).settle(done)
    await ledger.flush()
    const outcomes = await Promise.allSettled([ask({}), ask({}), ask(named)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
    expect(await balanceOf(org)).toMatchObject({ balance: 0 })
  })

  test('charges the attempt that served when the one before it, of the same request id, failed', async () => {
    for (const flushBetween of [true, false]) {
      const org = await newOrg(1_000_000)
      const ledger = start()
      const own = await ledger.reserve(attempt(org, { requestId: 'fallback', namedByCaller: true, credits: 1 }), {
        balance: 1_000_000,
      })
      if (flushBetween) await ledger.flush()
      own.settle(refused)
      const platform = await ledger.reserve(
        attempt(org, { requestId: 'fallback', namedByCaller: true, credits: 5, attempt: 2 }),
        { balance: 1_000_000 },
      )
      platform.settle(done)
      await ledger.flush()
      expect(await balanceOf(org)).toMatchObject({ balance: 999_995 })
    }
  })

  test('charges a repeated request id again after 24 hours', async () => {
    const org = await newOrg(1_000_000)
    const ledger = start()
    const repeat = async () => {
      ;(
        await ledger.reserve(attempt(org, { requestId: 'daily', namedByCaller: true, credits: 5 }), {
          balance: 1_000_000,
        })
      ).settle(done)
      await ledger.flush()
    }
    await repeat()
    await stage.database.query(
      "update request_charges set charged_at = now() - interval '25 hours' where org_id = $1",
      [org],
    )
    await repeat()
    expect(await balanceOf(org)).toMatchObject({ balance: 999_990 })
  })

  test('keeps totals that equal the entries, by hour and by user and day', async () => {
    const org = await newOrg()
    const ledger = start({
      price: ({ usage }) => (usage.inputTokens === 1 ? undefined : { costPico: 500, currency: 'USD' }),
    })
    for (let i = 0; i < 40; i++) {
      const entry = ledger.open(
        attempt(org, { user: i % 2 ? 'ann' : undefined, startedAt: Date.UTC(2026, 10, 20, 12 + (i % 4)) }),
      )
      if (i % 3 === 0) await ledger.flush()
      entry.settle(i % 5 === 0 ? refused : { ...done, usage: { inputTokens: i % 4, outputTokens: 2 } })
    }
    await ledger.flush()
    const sums =
      'sum(requests)::int as requests, sum(input_tokens)::int as input, sum(unpriced)::int as unpriced, sum(cost_pico)::int as cost'
    const [hours] = await stage.database.query(
      `select ${sums} from usage_totals where org_id = $1 and grain = 'hour'`,
      [org],
    )
    const [users] = await stage.database.query(
      `select ${sums} from usage_totals where org_id = $1 and grain = 'user_day' and user_id = 'ann'`,
      [org],
    )
    const own = (where: string) =>
      stage.database.query(
        `select count(*)::int as requests, sum(input_tokens)::int as input,
           (count(*) filter (where state = 'settled' and cost_pico is null))::int as unpriced, sum(cost_pico)::int as cost
         from entries where org_id = $1 ${where}`,
        [org],
      )
    expect(hours).toEqual((await own(''))[0])
    expect(users).toEqual((await own("and user_id = 'ann'"))[0])
    expect(hours).toMatchObject({ requests: 40 })
  })

  test('writes odd texts and absurd numbers without failing, clamped', async () => {
    const org = await newOrg()
    const ledger = start()
    ledger.open(attempt(org, { model: `a\u0000b\ud800c😀${'x'.repeat(900)}`, requestId: 'line\nbreak' })).settle({
      ...done,
      usage: { inputTokens: -5, outputTokens: 1e30, characters: Number.NaN, audioSeconds: 0.0004 },
      durationMs: -3,
    })
    await ledger.flush()
    const [row] = await entriesOf(org)
    expect(row).toMatchObject({
      input_tokens: null,
      output_tokens: 1e15,
      characters: null,
      audio_ms: 0,
      duration_ms: 0,
      request_id: 'line\ufffdbreak',
    })
    expect(row?.['model']).toMatch(/^a\ufffdb\ufffdc😀x+$/)
  })

  test('gives up only the one entry that the database refuses, and says so', async () => {
    const org = await newOrg()
    const troubles: LedgerTrouble[] = []
    const ledger = start({ onTrouble: (trouble) => troubles.push(trouble) })
    for (let i = 0; i < 30; i++) {
      ledger.open(attempt(org, i === 17 ? { source: 'nobody' as 'platform' } : {})).settle(done)
    }
    await ledger.flush()
    expect(await entriesOf(org)).toHaveLength(29)
    expect(troubles.map(({ kind }) => kind)).toEqual(['lost'])
  })

  test('loses nothing while the database is away, and writes nothing twice when an answer was lost after the commit', async () => {
    const org = await newOrg(1_000_000)
    const troubles: LedgerTrouble[] = []
    let fail = 3
    const flaky: Database = {
      ...stage.database,
      async query(text, values) {
        if (!text.includes('insert into entries') || fail === 0) return stage.database.query(text, values)
        fail--
        if (fail === 0) await stage.database.query(text, values)
        throw new OwnkeyError('unavailable')
      },
    }
    const ledger = start({ database: flaky, onTrouble: (trouble) => troubles.push(trouble) })
    for (let i = 0; i < 20; i++)
      (await ledger.reserve(attempt(org, { credits: 3 }), { balance: 1_000_000 })).settle(done)
    await ledger.flush()
    expect(await entriesOf(org)).toHaveLength(20)
    expect(await balanceOf(org)).toMatchObject({ balance: 999_940 })
    expect(troubles.map(({ kind }) => kind)).toEqual(['retrying', 'retrying', 'retrying'])
    const [sum] = await stage.database.query(
      "select sum(requests)::int as n from usage_totals where org_id = $1 and grain = 'hour'",
      [org],
    )
    expect(sum).toEqual({ n: 20 })
  })

  test('gives back what a reservation took whose answer was lost, although the caller was refused', async () => {
    const org = await newOrg(5)
    let cut = true
    const flaky: Database = {
      ...stage.database,
      async transaction(work) {
        const result = await stage.database.transaction(work)
        if (cut) throw new OwnkeyError('unavailable')
        return result
      },
      query: (text, values) =>
        cut && text.includes('from entries where id')
          ? Promise.reject(new OwnkeyError('unavailable'))
          : stage.database.query(text, values),
    }
    const ledger = start({ database: flaky })
    await expect(ledger.reserve(attempt(org, { credits: 5, meter: 'images' }), { balance: 5 })).rejects.toMatchObject({
      code: 'unavailable',
    })
    cut = false
    await ledger.flush()
    expect(await balanceOf(org)).toMatchObject({ balance: 5 })
    expect(await usedOf(org)).toEqual([0])
    expect(await entriesOf(org)).toMatchObject([{ state: 'released' }])
  })

  test('asks the database of every charge once it has been away for two seconds, however far the limit is', async () => {
    const org = await newOrg(1_000_000)
    const away = () => Promise.reject(new OwnkeyError('unavailable'))
    let late = 0
    const clock = { now: () => Date.now(), monotonic: () => performance.now() + late }
    const troubles: LedgerTrouble[] = []
    const ledger = start({
      database: { ...stage.database, query: away, transaction: away },
      clock,
      closeWithinMs: 50,
      onTrouble: (trouble) => troubles.push(trouble),
    })
    const far = () => ledger.reserve(attempt(org, { credits: 1 }), { balance: 1_000_000 })
    ledger.open(attempt(org))
    await expect.poll(() => troubles.length, { interval: 5 }).toBeGreaterThan(0)
    expect(far()).not.toBeInstanceOf(Promise)
    late = 2_200
    // One more try that fails does not make it new.
    const tries = troubles.length
    await expect.poll(() => troubles.length, { interval: 5 }).toBeGreaterThan(tries)
    await expect(far()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('waits nearer to the limit when another node may spend of the same balance', async () => {
    const first = start()
    const isKnown = async () =>
      (await stage.database.query('select 1 as one from ledger_nodes where id = $1', [first.node])).length
    await expect.poll(isKnown, { interval: 5 }).toBe(1)
    const second = start()
    // One node takes the first of 52 credits without asking, two do not. What a try spends counts, so each has its own organization.
    const asks = async () => {
      const reserved = second.reserve(attempt(await newOrg(52), { credits: 1 }), { balance: 52 })
      const entry = await reserved
      entry.settle(done)
      return reserved instanceof Promise
    }
    await expect.poll(asks, { interval: 5 }).toBe(true)
  })

  test('refuses new work when too much waits for the database', async () => {
    const org = await newOrg()
    const away: Database = { ...stage.database, query: () => Promise.reject(new OwnkeyError('unavailable')) }
    const troubles: LedgerTrouble[] = []
    const ledger = createLedger({
      database: away,
      maxWaiting: 10,
      closeWithinMs: 50,
      onTrouble: (trouble) => troubles.push(trouble),
    })
    for (let i = 0; i < 10; i++) ledger.open(attempt(org))
    expect(() => ledger.open(attempt(org))).toThrow(OwnkeyError)
    await ledger.close()
    expect(troubles.at(-1)).toMatchObject({ kind: 'lost', entries: 10 })
  })

  test('does not fail for an organization that was deleted meanwhile', async () => {
    const org = await newOrg(1_000)
    const ledger = start()
    const entry = await ledger.reserve(attempt(org, { credits: 1, meter: 'images' }), {
      balance: 1_000_000,
      quota: { limit: 1_000_000, used: 0 },
    })
    await stage.database.query('delete from organizations where id = $1', [org])
    entry.settle(done)
    await ledger.flush()
    expect(await entriesOf(org)).toMatchObject([{ state: 'settled' }])
  })

  test('settles as estimated what a dead node left reserved, and leaves the living alone', async () => {
    const org = await newOrg(1_000_000)
    const living = start()
    const dead = createLedger({ database: stage.database })
    const started = Date.now() - 120_000
    await dead.reserve(attempt(org, { credits: 5, startedAt: started }), { balance: 1_000_000 })
    const alive = await living.reserve(attempt(org, { credits: 5, startedAt: started }), { balance: 1_000_000 })
    await Promise.all([dead.flush(), living.flush(), dead.counted])
    await stage.database.query("update ledger_nodes set seen_at = now() - interval '46 seconds' where id = $1", [
      dead.node,
    ])
    await living.sweep()
    await dead.close()
    const rows = await entriesOf(org)
    expect(rows.filter((row) => row['id'] === alive.id)).toMatchObject([{ state: 'reserved' }])
    expect(rows.filter((row) => row['id'] !== alive.id)).toMatchObject([
      { state: 'settled', estimated: true, credits: 5 },
    ])
  })

  test('settles what a dead node left reserved, however far ahead or back its clock was', async () => {
    const org = await newOrg(1_000_000)
    const living = start()
    const dead = createLedger({ database: stage.database })
    for (const by of [-3_600_000, 3_600_000])
      await dead.reserve(attempt(org, { credits: 5, startedAt: Date.now() + by }), { balance: 1_000_000 })
    await Promise.all([dead.flush(), dead.counted])
    await stage.database.query("update ledger_nodes set seen_at = now() - interval '46 seconds' where id = $1", [
      dead.node,
    ])
    await living.sweep()
    await dead.close()
    expect((await entriesOf(org)).map((row) => row['state'])).toEqual(['settled', 'settled'])
  })

  test('never settles its own, however long it was not seen', async () => {
    const org = await newOrg(1_000_000)
    const ledger = start()
    await ledger.counted
    const started = Date.now() - 120_000
    await ledger.reserve(attempt(org, { credits: 5, startedAt: started }), { balance: 1_000_000 })
    await ledger.flush()
    await stage.database.query("update ledger_nodes set seen_at = now() - interval '46 seconds' where id = $1", [
      ledger.node,
    ])
    expect(await ledger.sweep()).toBe(0)
    expect(await entriesOf(org)).toMatchObject([{ state: 'reserved' }])
  })

  test('takes no node for dead whose clock is an hour behind', async () => {
    const org = await newOrg(1_000_000)
    const other = start()
    await other.sweep()
    const startedAt = Date.now() - 120_000
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() - 3_600_000)
    try {
      const behind = start({ deadAfterMs: 300 })
      await behind.reserve(attempt(org, { credits: 5, startedAt }), { balance: 1_000_000 })
      await behind.flush()
      const seenAt = async () => {
        const rows = await stage.database.query<{ at: string }>(
          'select seen_at::text as at from ledger_nodes where id = $1',
          [behind.node],
        )
        return rows[0]?.at
      }
      await expect.poll(seenAt).toBeDefined()
      const first = await seenAt()
      await expect.poll(seenAt).not.toBe(first)
      expect(await other.sweep()).toBe(0)
      expect(await entriesOf(org)).toMatchObject([{ state: 'reserved' }])
    } finally {
      vi.useRealTimers()
    }
  })
})

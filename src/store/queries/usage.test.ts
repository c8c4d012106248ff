import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../../test/support/databases.ts'
import type { Database } from '../database.ts'
import { sumUsage, type UsageSplit, usageStatement } from './usage.ts'

const day = (text: string) => new Date(`${text}Z`)

async function addTotals(database: Database, rows: readonly Record<string, unknown>[]): Promise<void> {
  await database.query(
    `insert into usage_totals (org_id, grain, bucket, user_id, feature, provider, model, surface, key_source, key_id, environment,
       error_class, currency, requests, failed, fallbacks, unpriced, input_tokens, output_tokens, cache_read_tokens,
       cache_write_tokens, reasoning_tokens, characters, audio_ms, credits, cost_pico)
     select org, grain, bucket, coalesce(u, ''), coalesce(feature, ''), provider, 'm', 'chat', 'platform', coalesce(key, ''), 'production', coalesce(error, ''),
            coalesce(currency, ''), n, coalesce(failed, 0), 0, 0, n * 10, n, 0, 0, 0, 0, 0, n * 2, coalesce(cost, 0)
       from json_to_recordset($1) as r(org text, grain text, bucket timestamptz, u text, feature text, provider text, key text, error text,
            currency text, n int, failed int, cost numeric)`,
    [JSON.stringify(rows)],
  )
}

describe.each(databaseKinds)('usage on %s', (kind) => {
  let opened: OpenTestDatabase
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    const hour = (bucket: string, more: object) => ({
      org: 'acme',
      grain: 'hour',
      bucket: `${bucket}Z`,
      provider: 'openai',
      n: 1,
      ...more,
    })
    await addTotals(opened.database, [
      hour('2026-11-19T23:00', { n: 4, feature: 'chatbot', currency: 'USD', cost: 5 }),
      hour('2026-11-20T00:00', { n: 3, feature: 'chatbot', currency: 'USD', cost: 7, key: 'k1' }),
      hour('2026-11-20T00:00', { n: 2, provider: 'sarvam', currency: 'INR', cost: '9007199254740993' }),
      hour('2026-11-20T05:00', { n: 1, feature: 'chatbot', error: 'invalid_key', failed: 1 }),
      { org: 'acme', grain: 'user_day', bucket: '2026-11-20Z', u: 'ann', provider: 'openai', n: 6 },
      { org: 'acme', grain: 'user_day', bucket: '2026-11-20Z', provider: 'openai', n: 5 },
      { org: 'other', grain: 'hour', bucket: '2026-11-20T00:00Z', provider: 'openai', n: 1_000 },
    ])
  })
  afterAll(() => opened.remove())

  const sum = (splits: UsageSplit[], more: object = {}) =>
    sumUsage(
      opened.database,
      { org: 'acme', from: day('2026-11-19'), to: day('2026-11-21'), limit: 100, ...more },
      splits,
    )

  test('is summed by day, and of one organization only', async () => {
    expect(await sum(['day'])).toMatchObject([
      { groups: ['2026-11-19'], requests: 4, input_tokens: 40, credits: 8, costs: { USD: '5' } },
      { groups: ['2026-11-20'], requests: 6, failed: 1, succeeded: 5, costs: { USD: '7', INR: '9007199254740993' } },
    ])
  })

  test('is summed by two things at once, with null where the entries have none', async () => {
    const rows = await sum(['provider', 'feature'])
    expect(rows.map(({ groups, requests }) => [...groups, requests])).toEqual([
      ['openai', 'chatbot', 8],
      ['sarvam', null, 2],
    ])
  })

  test('is summed as a whole, also of nothing', async () => {
    expect(await sum([])).toMatchObject([{ groups: [], requests: 10, costs: { USD: '12' } }])
    expect(await sum([], { org: 'nobody' })).toMatchObject([{ requests: 0, costs: {} }])
    expect(await sum(['day'], { org: 'nobody' })).toEqual([])
  })

  test('is limited by time, to the hour, and by what is asked for', async () => {
    expect(await sum([], { from: day('2026-11-20T00:30'), to: day('2026-11-20T01:00') })).toMatchObject([
      { requests: 5 },
    ])
    expect(await sum([], { feature: 'chatbot', provider: 'openai' })).toMatchObject([{ requests: 8 }])
    expect(await sum(['errorClass'], { feature: 'chatbot' })).toMatchObject([
      { groups: ['invalid_key'], requests: 1 },
      { groups: [null], requests: 7 },
    ])
  })

  test('comes in pages that together have every row once, also where groups are missing', async () => {
    for (const splits of [
      ['day'],
      ['feature'],
      ['provider', 'feature'],
      ['feature', 'key'],
      ['user', 'day'],
    ] as UsageSplit[][]) {
      const all = await sum(splits)
      const paged = []
      for (let page = await sum(splits, { limit: 1 }); page.length > 0; ) {
        paged.push(...page)
        page = await sum(splits, { limit: 1, after: page[0]?.groups })
      }
      expect(paged, splits.join()).toEqual(all)
    }
  })

  test('is told apart by users', async () => {
    expect((await sum(['user'])).map(({ groups, requests }) => [...groups, requests])).toEqual([
      ['ann', 6],
      [null, 5],
    ])
    expect(await sum(['day'], { user: 'ann' })).toMatchObject([{ groups: ['2026-11-20'], requests: 6 }])
  })
})

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  Plans?: Plan[]
}

function scans(plan: Plan): string[] {
  const own = plan['Relation Name'] ? [`${plan['Node Type']} ${plan['Relation Name']}`] : []
  return [...own, ...(plan.Plans ?? []).flatMap(scans)]
}

describe('with many entries of many organizations, on PostgreSQL', () => {
  let opened: OpenTestDatabase
  beforeAll(async () => {
    opened = await openTestDatabase('postgres')
    await opened.database.query(
      `insert into entries (id, request_id, attempt, org_id, environment, provider, surface, key_source, host, state, started_at, credits)
       select 'e' || n, 'r' || n, 1, 'org-' || n % 50, 'production', 'openai', 'chat', case when n % 9 = 0 then 'platform' else 'organization' end, 'h', 'settled',
              timestamptz '2026-11-20Z' - n * interval '30 seconds', 1
         from generate_series(1, 60000) n`,
    )
    await opened.database.query(
      `insert into usage_totals select org_id, 'hour', date_trunc('hour', started_at, 'UTC'), '', '', provider, '', '', key_source, '', environment,
              '', '', count(*), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
         from entries group by 1, 3, 6, 9, 11`,
    )
    await opened.database.query('analyze')
  })
  afterAll(() => opened.remove())

  async function scansOf(text: string, values: readonly unknown[]): Promise<string[]> {
    const [row] = await opened.database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (format json) ${text}`,
      values,
    )
    return scans((row as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan)
  }

  test('no sum reads a whole table', async () => {
    const filter = { org: 'org-7', from: day('2026-11-18'), to: day('2026-11-20'), limit: 100 }
    for (const splits of [[], ['day'], ['user'], ['provider', 'model'], ['keySource', 'day']] as UsageSplit[][]) {
      const { text, values } = usageStatement(filter, splits)
      const found = await scansOf(text, values)
      expect(found.length).toBeGreaterThan(0)
      expect(
        found.filter((scan) => scan.startsWith('Seq Scan')),
        splits.join(),
      ).toEqual([])
    }
  })

  test('no page of requests, no look-up by request id and no sweep reads a whole table', async () => {
    const statements: [string, unknown[]][] = [
      [
        'select * from entries where org_id = $1 and started_at >= $2 and started_at < $3 order by started_at desc, id desc limit 50',
        ['org-7', day('2026-11-01'), day('2026-11-20')],
      ],
      [
        'select * from entries where org_id = $1 and (started_at, id) < ($2, $3) order by started_at desc, id desc limit 50',
        ['org-7', day('2026-11-10'), 'e5'],
      ],
      ['select * from entries where org_id = $1 and request_id = $2', ['org-7', 'r7']],
      [
        "select * from entries where state = 'reserved' and started_at < $1 order by started_at limit 1000",
        [day('2026-11-20')],
      ],
      [
        "select provider, count(*) from entries where key_source = 'platform' and started_at >= $1 group by provider",
        [day('2026-11-19T12:00')],
      ],
    ]
    for (const [text, values] of statements) {
      expect(
        (await scansOf(text, values)).filter((scan) => scan.startsWith('Seq Scan')),
        text,
      ).toEqual([])
    }
  })
})

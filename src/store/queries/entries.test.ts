import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../../test/support/databases.ts'
import { type EndedEntry, type OpenedEntry, writeEntries } from './entries.ts'

/** What the ledger writes at most for one answer. */
const most = { tokens: 1_000_000_000_000_000, pico: 9_000_000_000_000_000_000 }

describe.each(databaseKinds)('entries of absurd counts, on %s', (kind) => {
  let opened: OpenTestDatabase
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    await opened.database.query("insert into organizations (id, name, plan) values ('acme', 'Acme', 'standard')")
  })
  afterAll(() => opened.remove())

  it('are all written, however far beyond any number their totals would go', async () => {
    const batches = 12
    const size = 1_000
    for (let batch = 0; batch < batches; batch++) {
      const rows = Array.from({ length: size }, (_, index) => `e-${batch}-${index}`)
      const start = Date.UTC(2026, 10, 21, 12)
      const begun = rows.map(
        (id): OpenedEntry => ({
          id,
          rq: id,
          at: 1,
          og: 'acme',
          en: 'production',
          pr: 'openai',
          su: 'chat',
          ks: 'organization',
          ho: 'models.acme.test',
          cr: 0,
          st: start,
        }),
      )
      const { tokens, pico } = most
      const ended = rows.map(
        (id): EndedEntry => ({ id, ok: true, sc: 200, it: tokens, ot: tokens, cp: pico, cu: 'USD', du: 1, en: start }),
      )
      await writeEntries(opened.database, {
        opened: JSON.stringify(begun),
        ended: JSON.stringify(ended),
        node: 'n',
        charging: false,
      })
    }
    const [entries] = await opened.database.query<{ count: number }>('select count(*) as count from entries')
    expect(entries?.count).toBe(batches * size)
    const totals = await opened.database.query<{ requests: number; cost: string; tokens: string }>(
      'select requests, cost_pico::text as cost, input_tokens::text as tokens from usage_totals',
    )
    const largest = '9223372036854775807'
    const cost = `${batches * size * 9}${'0'.repeat(18)}`
    expect(totals).toEqual([
      { requests: batches * size, cost, tokens: largest },
      { requests: batches * size, cost, tokens: largest },
    ])
    const spent = await opened.database.query<{ cost: string }>('select cost_pico::text as cost from spend_totals')
    expect(spent).toEqual([{ cost }, { cost }])
  })
})

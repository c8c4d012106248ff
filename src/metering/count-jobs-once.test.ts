import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import type { Counts, Usage } from '../providers/index.ts'
import { type Database, migrate, sweepBooks } from '../store/index.ts'
import { createJobCounter, type JobAnswer } from './count-jobs-once.ts'
import { createLedger } from './create-ledger.ts'
import type { Entry, EntryEnd } from './ledger.ts'

const end: EntryEnd = { status: 200, durationMs: 1, charged: true }
const without: EntryEnd = { ...end, isFree: true, estimated: false, usage: undefined }
const place = { org: 'acme', provider: 'openai', host: 'api.openai.com' }

/** An answer that tells these counts. */
function telling(names: string[], counts: Counts, more: Partial<JobAnswer> = {}): JobAnswer {
  const parts = Object.keys(counts).length === 0 ? [] : [{ model: 'm', terms: [], counts }]
  return { ...place, names, parts, isOrder: false, isWhole: true, ...more }
}

/** An entry that keeps how it was settled. */
function entryOf(id: string): Entry & { ends: EntryEnd[] } {
  const ends: EntryEnd[] = []
  const ending = () => JSON.stringify({ id, ok: true, du: 1, en: 1 })
  return { id, ends, soFar: () => {}, capReached: () => undefined, ending, settle: (one) => void ends.push(one) }
}

describe.each(databaseKinds)('jobs counted on %s', (kind) => {
  let opened: OpenTestDatabase
  let database: Database
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    database = opened.database
    await migrate(database)
    await database.query("insert into organizations (id, name, plan) values ('acme', 'Acme', 'p')")
  })
  afterAll(() => opened?.remove())

  const newCounter = () => createJobCounter({ database, price: () => undefined, flush: async () => {} })

  /** How the entries of these answers were settled, one after the other. */
  async function settled(...answers: JobAnswer[]): Promise<EntryEnd[]> {
    const counter = newCounter()
    const ends: EntryEnd[] = []
    for (const answer of answers) {
      const entry = entryOf(`e${++entries}`)
      counter.settle(entry, end, answer)
      await counter.flush()
      ends.push(...entry.ends)
    }
    await counter.close()
    return ends
  }
  let entries = 0
  const withCounts = (usage: Usage): EntryEnd => ({ ...end, usage, model: 'm' })

  it('by several nodes at once stand in one entry', async () => {
    const job = telling(['j1'], { audioSeconds: 9 })
    const nodes = Array.from({ length: 4 }, newCounter)
    const all = nodes.flatMap((node, at) =>
      ['a', 'b'].map((letter) => {
        const entry = entryOf(`${letter}${at}`)
        node.settle(entry, end, job)
        return entry
      }),
    )
    await Promise.all(nodes.map((node) => node.close()))
    const ends = all.flatMap((entry) => entry.ends)
    expect(ends).toHaveLength(8)
    expect(ends.filter(({ usage }) => usage !== undefined)).toEqual([withCounts({ audioSeconds: 9 })])
    expect(ends.filter(({ usage }) => usage === undefined)).toEqual(Array(7).fill(without))
  })

  it('stand in the entry of the answer that ended first, of those of one node', async () => {
    const node = newCounter()
    const all = Array.from({ length: 20 }, (_, at) => {
      const names = [`turn${at}`]
      return ['flex', undefined].map((term) => {
        const entry = entryOf(`${at}-${term}`)
        const parts = [{ model: 'm', terms: term === undefined ? [] : [term], counts: { inputTokens: 7 } }]
        node.settle(entry, end, telling(names, {}, { parts }))
        return entry
      })
    })
    await node.close()
    for (const [first, second] of all)
      expect([first?.ends, second?.ends]).toEqual([[withCounts({ inputTokens: 7, terms: ['flex'] })], [without]])
  })

  it('that grow are booked as far as they have grown', async () => {
    const ends = await settled(
      telling(['j2'], { outputTokens: 5 }, { isWhole: false }),
      telling(['j2'], { outputTokens: 3 }, { isWhole: false }),
      telling(['j2'], { inputTokens: 7, outputTokens: 9 }),
      telling(['j2'], { inputTokens: 7, outputTokens: 9 }),
    )
    const all = [withCounts({ outputTokens: 5 }), without, withCounts({ inputTokens: 7, outputTokens: 4 }), without]
    expect(ends).toEqual(all)
  })

  it('by another name of theirs are counted already, by several at once too', async () => {
    const counts = { inputTokens: 7 }
    expect(
      await settled(telling(['file'], counts), telling(['batch', 'file'], counts), telling(['batch'], counts)),
    ).toEqual([withCounts(counts), without, without])
    const node = newCounter()
    const all = Array.from({ length: 8 }, (_, at) => {
      const entry = entryOf(`both${at}`)
      node.settle(entry, end, telling(at % 2 === 0 ? ['file2'] : ['batch2', 'file2'], counts))
      return entry
    })
    await node.close()
    expect(all.flatMap((entry) => entry.ends).filter(({ usage }) => usage !== undefined)).toHaveLength(1)
  })

  it('at another host are those of another job: a customer’s own server cannot say that the platform’s are booked', async () => {
    const [own, platform] = [{ inputTokens: 1_000_000 }, { inputTokens: 7 }]
    const ends = await settled(telling(['resp'], own, { host: 'own.example' }), telling(['resp'], platform))
    expect(ends).toEqual([withCounts(own), withCounts(platform)])
  })

  it('of an earlier version are all in the books', async () => {
    await database.query(
      "insert into counted_jobs (org_id, provider, host, job, entry_id) values ('acme', 'openai', 'api.openai.com', 'old', 'e')",
    )
    expect(await settled(telling(['old'], { inputTokens: 7 }))).toEqual([without])
  })

  it('on several models stand beside each other, and what is known of them goes from the first', async () => {
    const parts = ['a', 'b'].map((model) => ({ model, terms: ['batch'], counts: { inputTokens: 4 } }))
    const ends = await settled(
      telling(['many'], { inputTokens: 3 }, { isWhole: false }),
      telling(['many'], {}, { parts }),
    )
    expect(ends[1]).toEqual({
      ...end,
      model: 'a',
      usage: { inputTokens: 1, terms: ['batch'], others: [{ model: 'b', inputTokens: 4, terms: ['batch'] }] },
    })
  })

  it('that an order waits for leave it without a price until they are told', async () => {
    const order = telling(['o1'], {}, { isOrder: true, isWhole: false })
    expect(await settled(order, telling(['o1'], { inputTokens: 2 }), order)).toEqual([
      end,
      withCounts({ inputTokens: 2 }),
      without,
    ])
  })

  it('are known for more than a year', async () => {
    const counts = { inputTokens: 1 }
    await settled(telling(['young'], counts), telling(['aged'], counts))
    const age = (job: string, days: number) =>
      database.query("update counted_jobs set noted_at = now() - $2 * interval '1 day' where job = $1", [job, days])
    await age('young', 399)
    await age('aged', 401)
    await sweepBooks(database)
    const kept = await database.query<{ job: string }>("select job from counted_jobs where job in ('young', 'aged')")
    expect(kept).toEqual([{ job: 'young' }])
  })

  it('that are nothing yet do not price an order', async () => {
    const order = telling(['o2'], {}, { isOrder: true, isWhole: false })
    expect(await settled(telling(['o2'], { outputTokens: 0 }, { isWhole: false }), order)).toEqual([without, end])
  })

  it('are in the books as soon as they are noted: a process that dies then has settled nothing by itself', async () => {
    const price = () => ({ costPico: 5, currency: 'USD' })
    const ledger = createLedger({ database, price })
    const counter = createJobCounter({ database, price, flush: () => ledger.flush() })
    const start = { requestId: 'r', attempt: 1, environment: 'production', surface: 'responses', credits: 0 } as const
    const fetched = () => ledger.open({ ...start, ...place, source: 'platform', startedAt: Date.now() })
    const [dying, next] = [fetched(), fetched()]
    counter.settle({ ...dying, settle: () => {} }, end, telling(['dying'], { inputTokens: 7 }))
    await counter.flush()
    counter.settle(next, end, telling(['dying'], { inputTokens: 7 }))
    await counter.close()
    await ledger.close()
    const rows = await database.query('select id, state, input_tokens, cost_pico from entries where id = any($1)', [
      [dying.id, next.id],
    ])
    expect(rows).toContainEqual({ id: dying.id, state: 'settled', input_tokens: 7, cost_pico: 5 })
    expect(rows).toContainEqual(expect.objectContaining({ id: next.id, state: 'settled', input_tokens: null }))
    const [total] = await database.query("select sum(input_tokens)::int as n from usage_totals where grain = 'hour'")
    expect(total).toEqual({ n: 7 })
  })

  it('price an order also when the one who told them could not say so', async () => {
    const order = telling(['o3'], {}, { isOrder: true, isWhole: false })
    const counts = { inputTokens: 2 }
    await settled(order)
    const waiting = async () =>
      (await database.query<{ is_ordered: boolean }>("select is_ordered from counted_jobs where job = 'o3'"))[0]
    // Without a price for what is free, nothing can be said of the order.
    await settled(telling(['o3'], counts))
    expect(await waiting()).toEqual({ is_ordered: true })
    const counter = createJobCounter({
      database,
      price: () => ({ costPico: 0, currency: 'USD' }),
      flush: async () => {},
    })
    counter.settle(entryOf('later'), end, telling(['o3'], counts))
    await counter.close()
    expect(await waiting()).toEqual({ is_ordered: false })
  })

  it('stand where the database cannot be asked', async () => {
    expect(await settled({ ...telling(['j1'], { audioSeconds: 9 }), org: 'nobody' })).toEqual([
      withCounts({ audioSeconds: 9 }),
    ])
  })
})

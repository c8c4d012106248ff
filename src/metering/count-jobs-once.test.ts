import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { type Database, migrate } from '../store/index.ts'
import { createJobCounter } from './count-jobs-once.ts'
import type { Entry, EntryEnd } from './ledger.ts'

const end: EntryEnd = { status: 200, usage: { audioSeconds: 9 }, durationMs: 1, charged: true }
const without: EntryEnd = { ...end, usage: undefined, isFree: true }

/** An entry that keeps how it was settled. */
function entryOf(id: string): Entry & { ends: EntryEnd[] } {
  const ends: EntryEnd[] = []
  return { id, ends, soFar: () => {}, capReached: () => undefined, settle: (one) => void ends.push(one) }
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

  it('by several nodes at once stand in one entry, which keeps them', async () => {
    const job = { org: 'acme', provider: 'assemblyai', job: 'j1' }
    const nodes = Array.from({ length: 4 }, () => createJobCounter(database))
    const entries = nodes.flatMap((node, at) =>
      ['a', 'b'].map((letter) => {
        const entry = entryOf(`${letter}${at}`)
        node.settle(entry, end, job)
        return entry
      }),
    )
    await Promise.all(nodes.map((node) => node.flush()))
    const [withCounts, ...more] = entries.filter(({ ends }) => ends[0] === end)
    expect(more).toEqual([])
    expect(entries.filter((entry) => entry !== withCounts).map(({ ends }) => ends)).toEqual(Array(7).fill([without]))
    const again = entryOf(withCounts?.id ?? '')
    const [node] = nodes
    node?.settle(again, end, job)
    await node?.close()
    expect(again.ends).toEqual([end])
  })

  it('stand where the database cannot be asked', async () => {
    const entry = entryOf('left')
    const counter = createJobCounter(database)
    counter.settle(entry, end, { org: 'nobody', provider: 'assemblyai', job: 'j1' })
    await counter.flush()
    expect(entry.ends).toEqual([end])
  })
})

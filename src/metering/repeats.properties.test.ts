import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { OwnkeyError } from '../contract/index.ts'
import type { Database } from '../store/index.ts'
import { createLedger, type LiveLedger } from './create-ledger.ts'
import type { Entry, EntryStart, Standing } from './ledger.ts'

const grant = 1_000_000
const quota = 1_000_000
const price = 5

/** One request of a name: near its limits it waits for the database, far from them it goes ahead. */
interface Begin {
  does: 'begin'
  name: number
  isNear: boolean
}
type Step = Begin | { does: 'end'; which: number; ok: boolean } | { does: 'flush' } | { does: 'kill' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('begin' as const), name: fc.nat(1), isNear: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('end' as const), which: fc.nat(5), ok: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant({ does: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ does: 'kill' as const }) },
)

interface Played {
  /** By name: whether any request of it was served, as far as the ledger can know. */
  served: Map<number, boolean>
}

describe.each(databaseKinds)('requests of one id on %s', (kind) => {
  let opened: OpenTestDatabase
  let orgs = 0
  const folders: string[] = []
  beforeAll(async () => {
    opened = await openTestDatabase(kind)
  })
  afterAll(async () => {
    await opened?.remove()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  const start = (org: string, name: number): EntryStart => ({
    requestId: `name-${name}`,
    namedByCaller: true,
    sameRequest: 'same',
    attempt: 1,
    org,
    environment: 'production',
    provider: 'openai',
    model: 'm',
    surface: 'chat',
    source: 'platform',
    host: 'api.openai.com',
    credits: price,
    meter: 'asked',
    startedAt: Date.now() - 120_000,
  })
  const far: Standing = { balance: grant, quota: { limit: quota, used: 0 } }
  const near: Standing = { balance: price, quota: { limit: quota, used: quota - 1 } }

  /** A process of the server: its way to the database can be cut, as by its end. */
  function newProcess(spoolDir: string): { ledger: LiveLedger; kill(): Promise<void> } {
    let isDead = false
    const reach = <T>(work: () => Promise<T>) => (isDead ? Promise.reject(new OwnkeyError('unavailable')) : work())
    const database: Database = {
      ...opened.database,
      query: (text, values) => reach(() => opened.database.query(text, values)),
      transaction: (work) => reach(() => opened.database.transaction(work)),
    }
    const ledger = createLedger({ database, spoolDir, gatherMs: 5, closeWithinMs: 1 })
    return {
      ledger,
      async kill() {
        isDead = true
        await ledger.close()
        await opened.database.query('delete from ledger_nodes where id = $1', [ledger.node])
      },
    }
  }

  async function play(org: string, steps: readonly Step[]): Promise<Played> {
    const spoolDir = mkdtempSync(join(tmpdir(), 'ownkey-repeats-'))
    folders.push(spoolDir)
    const played: Played = { served: new Map() }
    let running = newProcess(spoolDir)
    let open: { entry: Entry; name: number }[] = []
    const end = (which: number, ok: boolean) => {
      const [ending] = open.splice(which % open.length, 1)
      if (ending === undefined) return
      ending.entry.settle({ durationMs: 3, status: ok ? 200 : 500, charged: ok })
      if (ok) played.served.set(ending.name, true)
    }
    for (const one of steps) {
      if (one.does === 'begin') {
        const entry = await running.ledger.reserve(start(org, one.name), one.isNear ? near : far)
        open.push({ entry, name: one.name })
      } else if (one.does === 'end') end(one.which, one.ok)
      else if (one.does === 'flush') await running.ledger.flush()
      else {
        // What was on its way is settled as sent: nobody knows better.
        for (const { name } of open) played.served.set(name, true)
        open = []
        await new Promise<void>((done) => running.ledger.beforeSending(done))
        await running.kill()
        running = newProcess(spoolDir)
        await running.ledger.replayed
        await running.ledger.sweep()
      }
    }
    while (open.length > 0) end(open.length - 1, open.length % 2 === 0)
    await running.ledger.flush()
    await running.ledger.close()
    return played
  }

  test('are charged once where one of them was served, and never otherwise, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        const org = `repeats-${kind}-${++orgs}`
        await opened.database.query(
          "insert into organizations (id, name, plan, balance) values ($1, 'Acme', 'standard', $2)",
          [org, grant],
        )
        const { served } = await play(org, steps)
        const charges = served.size
        const one = async (text: string) => Number((await opened.database.query<{ n: number }>(text, [org]))[0]?.n ?? 0)
        expect({
          balance: await one('select balance - overdrawn as n from organizations where id = $1'),
          used: await one('select sum(used) as n from quota_usage where org_id = $1'),
          charged: await one('select sum(credits) as n from entries where org_id = $1'),
          metered: await one(
            "select count(*) as n from entries where org_id = $1 and state = 'settled' and meter = 'asked'",
          ),
          hours: await one("select sum(credits) as n from usage_totals where org_id = $1 and grain = 'hour'"),
          days: await one("select sum(credits) as n from usage_totals where org_id = $1 and grain = 'user_day'"),
          open: await one("select count(*) as n from entries where org_id = $1 and state = 'reserved'"),
          waiting: await one('select count(*) as n from request_repeats where org_id = $1'),
        }).toEqual({
          balance: grant - charges * price,
          used: charges,
          charged: charges * price,
          metered: charges,
          hours: charges * price,
          days: charges * price,
          open: 0,
          waiting: 0,
        })
      }),
      { numRuns: 80 },
    )
  }, 120_000)
})

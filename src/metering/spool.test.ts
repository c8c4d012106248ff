import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startChild } from '../../test/support/child.ts'
import { type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { OwnkeyError } from '../contract/index.ts'
import type { Database } from '../store/index.ts'
import { createLedger, type LedgerTrouble } from './create-ledger.ts'
import type { EntryStart } from './ledger.ts'

describe('the spool', () => {
  let opened: OpenTestDatabase
  const folders: string[] = []
  beforeAll(async () => {
    opened = await openTestDatabase('postgres')
  })
  afterAll(async () => {
    await opened.remove()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'ownkey-spool-'))
    folders.push(folder)
    return folder
  }

  async function newOrg(balance: number): Promise<string> {
    const id = `org-${folders.length}-${balance}`
    await opened.database.query(
      "insert into organizations (id, name, plan, balance) values ($1, 'Acme', 'standard', $2)",
      [id, balance],
    )
    return id
  }

  const attempt = (org: string, n: number): EntryStart => ({
    requestId: `req-${n}`,
    attempt: 1,
    org,
    environment: 'production',
    provider: 'openai',
    surface: 'chat',
    source: 'platform',
    host: 'api.openai.com',
    credits: 1,
    startedAt: Date.now(),
  })

  test('has every entry of a process that was killed, each once, and nothing stays reserved or charged twice', async () => {
    for (let round = 0; round < 3; round++) {
      const folder = newFolder()
      const org = await newOrg(1_000_000)
      const child = startChild('open-entries', [opened.url as string, folder, org])
      await child.line(() => child.lines.length > 200 * (round + 1))
      await child.kill()

      const ledger = createLedger({ database: opened.database, spoolDir: folder })
      await ledger.replayed
      const rows = await opened.database.query<{
        id: string
        state: string
        estimated: boolean
        input_tokens: number | null
      }>('select id, state, estimated, input_tokens from entries where org_id = $1', [org])
      const ids = new Set(rows.map((row) => row.id))
      expect(child.lines.filter((id) => !ids.has(id))).toEqual([])
      expect(rows.filter((row) => row.state !== 'settled')).toEqual([])
      for (const row of rows) expect(row.estimated).toBe(row.input_tokens === null)
      const [org_] = await opened.database.query<{ balance: number }>(
        'select balance from organizations where id = $1',
        [org],
      )
      expect(org_?.balance).toBe(1_000_000 - rows.length)
      await ledger.close()
      expect(readdirSync(folder)).toEqual([])
    }
  }, 90_000)

  test('keeps what could not be written until the next start', async () => {
    const folder = newFolder()
    const org = await newOrg(500)
    const away: Database = { ...opened.database, query: () => Promise.reject(new OwnkeyError('unavailable')) }
    const kinds: string[] = []
    const first = createLedger({
      database: away,
      spoolDir: folder,
      closeWithinMs: 20,
      onTrouble: ({ kind }) => kinds.push(kind),
    })
    for (let n = 0; n < 25; n++) first.open(attempt(org, n)).settle({ durationMs: 1, charged: true })
    await first.close()
    expect(kinds.at(-1)).toBe('kept_in_spool')
    const second = createLedger({ database: opened.database, spoolDir: folder })
    await second.replayed
    const rows = await opened.database.query(
      "select id from entries where org_id = $1 and state = 'settled' and not estimated",
      [org],
    )
    expect(rows).toHaveLength(25)
    await second.close()
  })

  test('has what the database does not have yet, also behind a long queue', async () => {
    const folder = newFolder()
    const org = await newOrg(600)
    const open: string[] = []
    const lost: string[] = []
    const idsInSpool = () =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .flatMap((text) => [...text.matchAll(/"id":"(\w+)"/g)].map(([, id]) => id as string))
    let looks = 0
    const watched: Database = {
      ...opened.database,
      async query(text: string, values?: readonly unknown[]) {
        if (open.length > 0) {
          const begun = [...open]
          // What begins in a turn of the event loop is in the spool at its end, and not sent before that.
          await new Promise((resolve) => setImmediate(resolve))
          // In this order: what leaves the spool in between is in the database.
          const spooled = idsInSpool()
          const there = await opened.database.query<{ id: string }>('select id from entries where org_id = $1', [org])
          const safe = new Set([...spooled, ...there.map(({ id }) => id)])
          lost.push(...begun.filter((id) => !safe.has(id)))
          // More come while the first batch is on its way.
          if (++looks === 1) add(1_500)
        }
        return opened.database.query(text, values) as Promise<never>
      },
    }
    const ledger = createLedger({ database: watched, spoolDir: folder })
    await ledger.counted
    const add = (count: number) => {
      for (let n = 0; n < count; n++) {
        const entry = ledger.open(attempt(org, n))
        entry.settle({ durationMs: 1, charged: true })
        open.push(entry.id)
      }
    }
    add(2_500)
    await ledger.flush()
    expect([lost, looks > 3]).toEqual([[], true])
    await ledger.close()
  })

  const spooled = (org: string, more: object) =>
    JSON.stringify({
      rq: 'r',
      at: 1,
      og: org,
      en: 'production',
      pr: 'openai',
      su: 'chat',
      ks: 'platform',
      ho: 'h',
      cr: 1,
      st: Date.now(),
      ...more,
    })

  test('leaves alone the files of a living process and files that are not its own, and survives lines that were cut', async () => {
    const folder = newFolder()
    const org = await newOrg(700)
    writeFileSync(join(folder, `${process.ppid}-${'a'.repeat(26)}-a.spool`), 'not ours to read\n')
    writeFileSync(join(folder, 'notes.txt'), 'nothing')
    const line = spooled(org, { id: `cut-${org}`, cr: 2 })
    writeFileSync(join(folder, `999999999-${'b'.repeat(26)}-b.spool`), `${line}\n{"id":"broken\n${line.slice(0, 40)}`)
    const ledger = createLedger({ database: opened.database, spoolDir: folder })
    await ledger.replayed
    await ledger.close()
    expect(readdirSync(folder).sort()).toEqual([`${process.ppid}-${'a'.repeat(26)}-a.spool`, 'notes.txt'].sort())
    expect(await opened.database.query('select id, state, estimated from entries where org_id = $1', [org])).toEqual([
      { id: `cut-${org}`, state: 'settled', estimated: true },
    ])
  })

  const endOf = (id: string, more: object = {}) =>
    JSON.stringify({ id, ok: true, it: 7, du: 1, en: Date.now(), ...more })
  const settledIn = (org: string) =>
    opened.database.query("select id, input_tokens from entries where org_id = $1 and state = 'settled' order by id", [
      org,
    ])

  test('sets aside what the database refuses, with its end, writes the rest, and tries it again at the next start', async () => {
    const folder = newFolder()
    const org = await newOrg(800)
    const refused = [
      spooled(org, { id: 'refused-rule', ks: 'nobody' }),
      endOf('refused-rule'),
      spooled(org, { id: 'refused-text', mo: 'a\u0000b' }),
      spooled(org, { id: 'refused-range', cr: 1e30 }),
    ]
    const good = Array.from({ length: 20 }, (_, n) => [spooled(org, { id: `good-${n}` }), endOf(`good-${n}`)]).flat()
    const lateEnd = endOf('good-3', { it: 1e30 })
    const name = `999999999-${'c'.repeat(26)}-a.spool`
    writeFileSync(
      join(folder, name),
      `${[...good.slice(0, 11), ...refused, ...good.slice(11), lateEnd].join(',\n')},\n`,
    )
    const told: string[] = []
    const replay = async () => {
      const ledger = createLedger({
        database: opened.database,
        spoolDir: folder,
        onTrouble: ({ kind }) => told.push(kind),
      })
      await ledger.replayed
      await ledger.close()
    }
    const kept = () => readFileSync(join(folder, 'refused.spool'), 'utf8').trimEnd().split('\n')
    await replay()
    expect(readdirSync(folder)).toEqual(['refused.spool'])
    // The one whose end was refused is held until its node is over.
    expect(await settledIn(org)).toHaveLength(19)
    expect(kept()).toEqual(expect.arrayContaining([...refused, lateEnd]))
    expect(new Set(told)).toEqual(new Set(['set_aside']))

    // What was wrong is put right; the rest stays where it is.
    const before = kept()
    writeFileSync(join(folder, 'refused.spool'), `${before.join('\n').replace('nobody', 'platform')}\n`)
    await replay()
    expect(await settledIn(org)).toContainEqual({ id: 'refused-rule', input_tokens: 7 })
    expect(kept().join('\n')).toContain('refused-range')
    expect(kept().join('\n')).not.toContain('refused-rule')
  })

  test('sets aside what the database refuses of a living process', async () => {
    const folder = newFolder()
    const org = await newOrg(801)
    const told: LedgerTrouble[] = []
    const ledger = createLedger({
      database: opened.database,
      spoolDir: folder,
      onTrouble: (trouble) => told.push(trouble),
    })
    const entry = ledger.open({ ...attempt(org, 1), source: 'nobody' as 'platform' })
    await ledger.flush()
    entry.settle({ durationMs: 1, charged: true, usage: { inputTokens: 9 } })
    ledger.open(attempt(org, 2)).settle({ durationMs: 1, charged: true })
    await ledger.close()
    expect(await settledIn(org)).toHaveLength(1)
    expect(told).toMatchObject([{ kind: 'set_aside', entries: 1 }])
    const kept = readFileSync(join(folder, 'refused.spool'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(kept).toMatchObject([
      { id: entry.id, ks: 'nobody' },
      { id: entry.id, it: 9 },
    ])
  })

  test('waits for a table or a right that is missing, and sets nothing aside', async () => {
    const folder = newFolder()
    const org = await newOrg(802)
    const told: string[] = []
    const ledger = createLedger({
      database: opened.database,
      spoolDir: folder,
      onTrouble: ({ kind }) => {
        told.push(kind)
        if (told.length === 2) void opened.database.query('alter table put_away rename to entries')
      },
    })
    await ledger.counted
    await opened.database.query('alter table entries rename to put_away')
    ledger.open(attempt(org, 1)).settle({ durationMs: 1, charged: true })
    await ledger.flush()
    expect(new Set(told)).toEqual(new Set(['retrying']))
    expect(await settledIn(org)).toHaveLength(1)
    await ledger.close()
  })

  test('does not grow while the database takes what is written', async () => {
    const folder = newFolder()
    const org = await newOrg(900_000)
    const ledger = createLedger({ database: opened.database, spoolDir: folder })
    const { statSync } = await import('node:fs')
    const size = () => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    for (let round = 0; round < 12; round++) {
      for (let n = 0; n < 500; n++) ledger.open(attempt(org, n)).settle({ durationMs: 1, charged: true })
      await ledger.flush()
      expect(size()).toBeLessThan(1_500_000)
    }
    await ledger.close()
  })
})

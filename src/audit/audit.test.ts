import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import type { AuditAction } from '../contract/index.ts'
import { generateMasterKey, parseKeyring } from '../crypto/index.ts'
import { checkMasterKey } from '../vault/index.ts'
import { appendAudit, deleteOrganizationWithProof, listAudit, verifyAudit } from './index.ts'

const keyring = parseKeyring(generateMasterKey())

describe.each(databaseKinds)('the audit log on %s', (kind) => {
  let opened: OpenTestDatabase
  let org: string
  let count = 0
  let time = Date.UTC(2026, 10, 20, 12)
  const clock = { now: () => time++ }

  beforeAll(async () => {
    opened = await openTestDatabase(kind)
    await checkMasterKey({ database: opened.database, keyring })
  })
  afterAll(() => opened.remove())
  beforeEach(async () => {
    // Each test has a log of its own; what the one before did to its log is gone.
    await opened.database.query('truncate audit_log, audit_heads')
    org = `org-${++count}`
  })

  const write = (action: string, detail: Record<string, unknown> = {}, into = org) =>
    opened.database.transaction((tx) =>
      appendAudit(
        tx,
        { keyring, clock },
        { org: into, actor: { kind: 'operator', id: 'root' }, action: action as AuditAction, target: 'thing', detail },
      ),
    )
  const writeMany = async (rows: number) => {
    for (let row = 1; row <= rows; row++) await write(`act.${row}`, { row })
  }
  const run = (sql: string, ...values: unknown[]) => opened.database.query(sql, values)
  const verify = (kept?: Parameters<typeof verifyAudit>[0]['kept']) =>
    verifyAudit({ database: opened.database, keyring, kept })
  const found = async () =>
    (await verify()).findings.map(({ kind: what, seq }) => (seq === undefined ? what : `${what} ${seq}`))

  it('is intact when only we wrote, whatever the details hold', async () => {
    await write('act', {
      'ü€"\\': [1, 1.5, -0, 1e21, null, true, { b: 1, a: undefined }],
      when: new Date(0),
      none: undefined,
      '': '',
    })
    await write('act', { b: { z: 1, aa: 2, a: 3 }, long: 'x'.repeat(100_000) })
    await write('platform.act', {}, '')
    const report = await verify()
    expect(report).toMatchObject({ intact: true, rows: 3, organizations: 2, findings: [] })
    expect(report.heads.map(({ org: of, seq }) => [of, seq])).toEqual([
      ['', 1],
      [org, 2],
    ])
  })

  it('numbers the rows of an organization without a gap, also when many write at once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(`act.${index}`)))
    const rows = await listAudit(opened.database, org)
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index))
    expect((await verify()).intact).toBe(true)
  })

  it('lists newest first, page by page, by action, actor and time', async () => {
    await writeMany(7)
    const first = await listAudit(opened.database, org, { limit: 4 })
    const second = await listAudit(opened.database, org, { limit: 4, cursor: first.at(-1)!.seq })
    expect([...first, ...second].map(({ action }) => action)).toEqual([
      'act.7',
      'act.6',
      'act.5',
      'act.4',
      'act.3',
      'act.2',
      'act.1',
    ])
    expect(await listAudit(opened.database, org, { action: 'act.3' })).toMatchObject([
      { seq: 3, detail: { row: 3 }, target: 'thing' },
    ])
    expect(await listAudit(opened.database, org, { actor: 'somebody' })).toEqual([])
    const third = new Date(first.at(-1)!.at)
    expect((await listAudit(opened.database, org, { from: third })).map(({ seq }) => seq)).toEqual([7, 6, 5, 4])
    expect((await listAudit(opened.database, org, { to: third })).map(({ seq }) => seq)).toEqual([3, 2, 1])
    expect(await listAudit(opened.database, 'another')).toEqual([])
  })

  it('leaves no row of a transaction that was rolled back', async () => {
    await write('act.1')
    const failed = opened.database.transaction(async (tx) => {
      await appendAudit(tx, { keyring, clock }, { org, actor: { kind: 'operator', id: 'root' }, action: 'org.update' })
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    await write('act.3')
    expect((await listAudit(opened.database, org)).map(({ action }) => action)).toEqual(['act.3', 'act.1'])
    expect((await verify()).intact).toBe(true)
  })

  const edits: [string, string][] = [
    ['time', "at = at + interval '1 millisecond'"],
    ['kind of actor', "actor_kind = 'member'"],
    ['actor', "actor_id = 'somebody'"],
    ['actor’s name, from none to empty', "actor_name = ''"],
    ['address', "ip = '198.51.100.1'"],
    ['action', "action = 'act.9'"],
    ['target', 'target = null'],
    ['detail', `detail = '{"row": 4}'`],
    ['MAC', 'mac = set_byte(mac, 0, 255 - get_byte(mac, 0))'],
  ]
  it.each(edits)('finds an edited %s', async (_name, edit) => {
    await writeMany(5)
    await run(`update audit_log set ${edit} where org_id = $1 and seq = 3`, org)
    expect((await found())[0]).toBe('changed 3')
  })

  it('finds an edited last row', async () => {
    await writeMany(5)
    await run("update audit_log set action = 'act.9' where org_id = $1 and seq = 5", org)
    expect(await found()).toEqual(['changed 5'])
  })

  it('finds rows that were removed from the middle, the beginning or the end', async () => {
    await writeMany(6)
    await run('delete from audit_log where org_id = $1 and seq = 3', org)
    expect(await found()).toEqual(['missing 3'])
    await run('delete from audit_log where org_id = $1 and seq in (1, 2)', org)
    expect(await found()).toEqual(['missing 1'])
    await run('delete from audit_log where org_id = $1 and seq >= 5', org)
    expect(await found()).toEqual(['missing 1', 'cut_off 5'])
    await run('delete from audit_log where org_id = $1', org)
    expect(await found()).toEqual(['cut_off 1'])
  })

  it('still finds a cut-off end after more was written', async () => {
    await writeMany(5)
    await run('delete from audit_log where org_id = $1 and seq >= 4', org)
    await write('act.later')
    expect(await found()).toEqual(['missing 4'])
  })

  it('finds rows that were swapped, moved to another organization, or added', async () => {
    await writeMany(5)
    await run('update audit_log set seq = case seq when 2 then 92 else 93 end where org_id = $1 and seq in (2, 3)', org)
    await run(
      'update audit_log set seq = case seq when 92 then 3 else 2 end where org_id = $1 and seq in (92, 93)',
      org,
    )
    expect(await found()).toContain('changed 2')

    await run('truncate audit_log, audit_heads')
    await writeMany(2)
    await write('act.theirs', {}, 'other')
    await run(
      "insert into audit_log select $1, 3, at, actor_kind, actor_id, actor_name, ip, action, target, detail, mac from audit_log where org_id = 'other'",
      org,
    )
    expect(await found()).toEqual(['changed 3', 'beyond_head 3'])
  })

  it('finds a head that was edited, removed or put back, and does not write behind an edited one', async () => {
    await writeMany(3)
    const [old] = await run('select * from audit_heads where org_id = $1', org)
    await write('act.4')
    await run(
      'update audit_heads set seq = $2, last_mac = $3, head_mac = $4 where org_id = $1',
      org,
      old!.seq,
      old!.last_mac,
      old!.head_mac,
    )
    expect(await found()).toEqual(['beyond_head 4'])

    await run('update audit_heads set seq = 2 where org_id = $1', org)
    expect(await found()).toEqual(['head_changed 2'])
    await expect(write('act.5')).rejects.toMatchObject({
      code: 'unavailable',
      fix: expect.stringContaining('audit verify'),
    })

    await run('delete from audit_heads where org_id = $1', org)
    expect(await found()).toEqual(['head_missing'])
  })

  it('finds rows and head that were put back together, by the head that was kept elsewhere', async () => {
    await writeMany(3)
    const [old] = await run('select * from audit_heads where org_id = $1', org)
    await writeMany(2)
    const kept = (await verify()).heads
    expect((await verify(kept)).intact).toBe(true)
    await run('delete from audit_log where org_id = $1 and seq > 3', org)
    await run(
      'update audit_heads set seq = $2, last_mac = $3, head_mac = $4 where org_id = $1',
      org,
      old!.seq,
      old!.last_mac,
      old!.head_mac,
    )
    expect((await verify()).intact).toBe(true)
    expect((await verify(kept)).findings).toMatchObject([{ org, kind: 'put_back', seq: 5 }])
    await run('truncate audit_log, audit_heads')
    expect((await verify(kept)).findings.map(({ kind: what }) => what)).toContain('put_back')
  })

  it('finds a real row of a past that was taken back, put among those that came after it', async () => {
    await writeMany(1)
    const [old] = await run('select * from audit_heads where org_id = $1', org)
    await write('act.hidden')
    const [hidden] = await run('select * from audit_log where org_id = $1 and seq = 2', org)
    // The database is put back to before, and another history is written.
    await run('delete from audit_log where org_id = $1 and seq = 2', org)
    await run(
      'update audit_heads set seq = 1, last_mac = $2, head_mac = $3 where org_id = $1',
      org,
      old!.last_mac,
      old!.head_mac,
    )
    await write('act.2')
    await write('act.3')
    expect((await verify()).intact).toBe(true)
    await run(
      'update audit_log set at = $2, action = $3, detail = $4, mac = $5 where org_id = $1 and seq = 2',
      ...[org, hidden!.at, hidden!.action, hidden!.detail, hidden!.mac],
    )
    expect(await found()).toEqual(['changed 3'])
  })

  it('finds that a log is gone altogether while the organization has keys', async () => {
    await run("insert into organizations (id, name, plan) values ($1, 'Acme', 'standard')", org)
    await run(
      "insert into provider_keys (id, org_id, holder, provider, environment, version, hint, last4, origin, created_by, updated_by) values ($1, $1, 'organization', 'openai', 'production', 1, '', '', '', '', '')",
      org,
    )
    expect(await found()).toEqual(['head_missing'])
    await run('delete from organizations where id = $1', org)
  })

  it('does not miss a log that was deleted with its organization, unless the record of it was changed', async () => {
    await run("insert into organizations (id, name, plan) values ($1, 'Acme', 'standard')", org)
    await writeMany(3)
    const kept = (await verify()).heads
    const record = await opened.database.transaction((tx) =>
      deleteOrganizationWithProof(tx, { keyring, clock }, { org, by: { actor: { kind: 'operator', id: 'root' } } }),
    )
    expect(record).toMatchObject({ org, counts: { organizations: 1, audit_log: 3, audit_heads: 1 }, audit_seq: 3 })
    expect((await verify(kept)).findings).toEqual([])
    // The record speaks for the log that ended there, not for a longer one of the same name.
    await writeMany(5)
    const anew = (await verify()).heads.filter((head) => head.org === org)
    await run('delete from audit_log where org_id = $1', org)
    await run('delete from audit_heads where org_id = $1', org)
    expect((await verify(anew)).findings).toContainEqual(expect.objectContaining({ kind: 'put_back', seq: 5 }))
    expect((await verify(kept)).findings).toEqual([])
    await run('update deletions set audit_seq = 9 where org = $1', org)
    expect((await verify(kept)).findings.map(({ kind: what }) => what)).toContain('put_back')
  })

  describe('of an organization that was made anew under an id that was deleted', () => {
    const makeOrg = () => run("insert into organizations (id, name, plan) values ($1, 'Acme', 'standard')", org)
    const deleteOrg = () =>
      opened.database.transaction((tx) =>
        deleteOrganizationWithProof(tx, { keyring, clock }, { org, by: { actor: { kind: 'operator', id: 'root' } } }),
      )
    const copy = async () => ({
      rows: await run('select * from audit_log where org_id = $1', org),
      heads: await run('select * from audit_heads where org_id = $1', org),
    })
    const putBack = async ({ rows, heads }: Awaited<ReturnType<typeof copy>>) => {
      for (const [table, records] of Object.entries({ audit_log: rows, audit_heads: heads })) {
        await run(`delete from ${table} where org_id = $1`, org)
        for (const record of records) {
          const values = Object.values(record).map((value) =>
            value?.constructor === Object ? JSON.stringify(value) : value,
          )
          await run(`insert into ${table} values (${values.map((_, index) => `$${index + 1}`).join(', ')})`, ...values)
        }
      }
    }
    const kinds = (findings: readonly { kind: string; seq?: number }[]) =>
      findings.map(({ kind: what, seq }) => `${what} ${seq}`)

    it('finds a log that was put back to before the kept end, however long the deleted one was', async () => {
      await makeOrg()
      await writeMany(9)
      await deleteOrg()
      await makeOrg()
      await writeMany(2)
      const early = await copy()
      await writeMany(3)
      const kept = (await verify()).heads
      expect((await verify(kept)).findings).toEqual([])
      await putBack(early)
      expect(kinds((await verify(kept)).findings)).toEqual(['put_back 5'])
      await putBack({ rows: [], heads: [] })
      expect(kinds((await verify(kept)).findings)).toEqual(['put_back 5', 'head_missing undefined'])
    })

    it('finds the deleted log itself, put back whole or in part', async () => {
      await makeOrg()
      await writeMany(2)
      const part = await copy()
      const kept = (await verify()).heads
      await writeMany(2)
      const whole = await copy()
      await deleteOrg()
      await makeOrg()
      await writeMany(6)
      expect((await verify(kept)).findings).toEqual([])
      await putBack(whole)
      expect(kinds((await verify()).findings)).toEqual(['brought_back 4'])
      await putBack(part)
      expect(kinds((await verify(kept)).findings)).toEqual(['brought_back 2'])
    })

    it('misses nothing when it was deleted and made anew since the end was kept', async () => {
      await makeOrg()
      await writeMany(5)
      await deleteOrg()
      await makeOrg()
      await writeMany(3)
      const kept = (await verify()).heads
      await deleteOrg()
      expect((await verify(kept)).findings).toEqual([])
      await makeOrg()
      await writeMany(1)
      expect((await verify(kept)).findings).toEqual([])
    })

    it('keeps no end of one that was deleted while it was read', async () => {
      await makeOrg()
      await writeMany(9)
      let isFirst = true
      const between: typeof opened.database = {
        ...opened.database,
        async transaction(work) {
          const answer = await opened.database.transaction(work)
          if (isFirst) {
            isFirst = false
            await deleteOrg()
            await makeOrg()
            await writeMany(4)
          }
          return answer
        },
      }
      const report = await verifyAudit({ database: between, keyring })
      expect(report).toMatchObject({ intact: true, heads: [] })
    })
  })

  it('walks chains longer than a batch', async () => {
    await opened.database.transaction(async (tx) => {
      for (let row = 0; row < 1_003; row++) {
        await appendAudit(
          tx,
          { keyring, clock },
          { org, actor: { kind: 'operator', id: 'root' }, action: 'org.update' },
        )
      }
    })
    expect(await verify()).toMatchObject({ intact: true, rows: 1_003 })
    await run('delete from audit_log where org_id = $1 and seq = 1001', org)
    expect(await found()).toEqual(['missing 1001'])
  })

  it('cannot be checked or written with another master key', async () => {
    const other = parseKeyring(generateMasterKey())
    await expect(verifyAudit({ database: opened.database, keyring: other })).rejects.toMatchObject({
      code: 'key_unreadable',
    })
  })
})

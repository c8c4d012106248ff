import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../test/support/free-port.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts'
import { migrate, openDatabase } from '../store/index.ts'
import { run } from './index.ts'

const role = `doctor_${process.pid}`
let folder: string
let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-doctor-'))
  database = await createTestDatabase()
  client = new pg.Client(database.url)
  await client.connect()
  await client.query(`create role ${role} login`)
  await client.query('revoke create on schema public from public')
})
beforeEach(async () => {
  vi.stubEnv('OWNKEY_DATA_DIR', join(folder, 'data'))
  vi.stubEnv('DATABASE_URL', database.url)
  vi.stubEnv('PORT', String(await freePort()))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await client.query(`drop role ${role}`)
  await client.end()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

async function doctor(check = 'database') {
  const out: string[] = []
  const code = await run(['node', 'ownkey', 'doctor', '--json'], { out: (text) => out.push(text), error: () => {} })
  const { checks } = JSON.parse(out.join('\n')) as {
    checks: { name: string; ok: boolean; detail: string; fix?: string }[]
  }
  return { code, ...checks.find(({ name }) => name === check) }
}
const tables = async () => (await client.query("select 1 from pg_tables where schemaname = 'public'")).rowCount

describe('doctor on a PostgreSQL', () => {
  test('tells a new database from one that it knows, and writes to neither', async () => {
    expect(await doctor()).toMatchObject({ code: 0, ok: true, detail: expect.stringContaining('is empty') })
    expect(await tables()).toBe(0)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('names a variable that is nearly one of its own', async () => {
    vi.stubEnv('OWNKEY_DATADIR', folder)
    expect(await doctor('environment')).toMatchObject({ ok: true, detail: expect.stringContaining('OWNKEY_DATA_DIR?') })
    vi.stubEnv('OWNKEY_DATADIR', undefined)
  })

  test('tells of entries that the database refused', async () => {
    expect(await doctor('books')).toMatchObject({ ok: true })
    mkdirSync(join(folder, 'data', 'spool'), { recursive: true })
    writeFileSync(join(folder, 'data', 'spool', 'refused.spool'), '{"id":"a"}\n{"id":"b"}\n')
    expect(await doctor('books')).toMatchObject({
      code: 1,
      ok: false,
      detail: expect.stringContaining('refused 2 lines'),
      fix: expect.stringContaining('ledger_set_aside'),
    })
    rmSync(join(folder, 'data'), { recursive: true })
  })

  test('finds a user that may make no tables', async () => {
    const url = new URL(database.url)
    url.username = role
    vi.stubEnv('DATABASE_URL', url.href)
    expect(await doctor()).toMatchObject({ code: 1, ok: false, fix: expect.stringContaining('GRANT CREATE') })
  })

  test('finds a database that takes no writes', async () => {
    await client.query(`alter role ${role} set default_transaction_read_only = on`)
    const url = new URL(database.url)
    url.username = role
    vi.stubEnv('DATABASE_URL', url.href)
    expect(await doctor()).toMatchObject({ code: 1, ok: false, fix: expect.stringContaining('standby') })
    await client.query(`alter role ${role} reset default_transaction_read_only`)
  })

  test('goes on to the next thing where one cannot be examined', async () => {
    const path = join(folder, 'data', 'spool', 'refused.spool')
    mkdirSync(path, { recursive: true })
    expect(await doctor('books')).toMatchObject({ code: 1, ok: false, detail: expect.stringContaining(path) })
    expect(await doctor('port')).toMatchObject({ ok: true })
    rmSync(join(folder, 'data'), { recursive: true })
  })

  test('finds a database that a newer version has used, and says what the next start brings to an older one', async () => {
    const opened = await openDatabase({ url: database.url, dataDir: folder })
    const { applied } = await migrate(opened)
    await opened.close()
    const last = applied.at(-1) as string
    await client.query('delete from schema_migrations where name = $1', [last])
    expect(await doctor()).toMatchObject({ code: 0, ok: true, detail: expect.stringContaining(last) })
    await client.query("insert into schema_migrations values (9999, '9999-of-tomorrow', '', now())")
    expect(await doctor()).toMatchObject({ code: 1, ok: false, detail: expect.stringContaining('newer version') })
  })
})

describe('doctor on the tables of another user', () => {
  test('says which right is missing, whichever table it is that may not be read', async () => {
    const other = await createTestDatabase()
    const opened = await openDatabase({ url: other.url, dataDir: folder })
    await migrate(opened)
    await opened.query(`grant all on all tables in schema public to ${role}`)
    await opened.query(`grant all on schema public to ${role}`)
    const url = new URL(other.url)
    url.username = role
    vi.stubEnv('DATABASE_URL', url.href)
    expect(await doctor()).toMatchObject({ code: 0, ok: true })
    for (const table of ['schema_migrations', 'provider_keys']) {
      await opened.query(`revoke all on ${table} from ${role}`)
      expect(await doctor()).toMatchObject({ code: 1, ok: false, fix: expect.stringContaining('GRANT CREATE') })
      expect(await doctor('port')).toMatchObject({ ok: true })
      await opened.query(`grant all on ${table} to ${role}`)
    }
    await opened.query(`drop owned by ${role}`)
    await opened.close()
    await other.drop()
  })
})

describe('doctor on an embedded database', () => {
  test.each(['file', join('file', 'data')])(
    'says that there is a file in the place of its folder: %s',
    async (place) => {
      writeFileSync(join(folder, 'file'), '')
      vi.stubEnv('DATABASE_URL', undefined)
      vi.stubEnv('OWNKEY_DATA_DIR', join(folder, place))
      expect(await doctor()).toMatchObject({
        code: 1,
        ok: false,
        detail: `the data directory ${join(folder, place)} cannot be made, because ${join(folder, 'file')} is a file`,
      })
    },
  )
})

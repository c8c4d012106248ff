import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseKinds, type OpenTestDatabase, openTestDatabase } from '../../test/support/databases.ts'
import { migrate, openDatabase } from './index.ts'
import { type Migration, readMigrations } from './migrate.ts'

const one: Migration = { number: 1, name: '0001-one', sql: 'create table one (a integer); insert into one values (1);' }
const two: Migration = {
  number: 2,
  name: '0002-two',
  sql: 'create table two (b integer);\nalter table one add column b integer;\n',
}

describe.each(databaseKinds)('migrations on %s', (kind) => {
  let opened: OpenTestDatabase
  beforeEach(async () => {
    opened = await openTestDatabase(kind, { migrated: false })
  })
  afterEach(() => opened.remove())

  it('are applied once, in order, and recorded', async () => {
    expect(await migrate(opened.database, [one])).toEqual({ applied: ['0001-one'] })
    expect(await migrate(opened.database, [one, two])).toEqual({ applied: ['0002-two'] })
    expect(await migrate(opened.database, [one, two])).toEqual({ applied: [] })
    expect(await opened.database.query('select * from one')).toEqual([{ a: 1, b: null }])
    expect(await opened.database.query('select number, name from schema_migrations order by number')).toEqual([
      { number: 1, name: '0001-one' },
      { number: 2, name: '0002-two' },
    ])
  })

  it('leave nothing of one that fails', async () => {
    const broken = { number: 2, name: '0002-broken', sql: 'create table half (a integer); select nonsense;' }
    await expect(migrate(opened.database, [one, broken])).rejects.toMatchObject({ code: '42703' })
    expect(await opened.database.query("select to_regclass('half') as half, to_regclass('one') as one")).toEqual([
      { half: null, one: 'one' },
    ])
    expect(await migrate(opened.database, [one, two])).toEqual({ applied: ['0002-two'] })
  })

  it('are refused when an applied one was edited or renamed; line endings do not matter', async () => {
    await migrate(opened.database, [one, two])
    const windows = { ...two, sql: two.sql.replaceAll('\n', '\r\n') }
    expect(await migrate(opened.database, [one, windows])).toEqual({ applied: [] })
    for (const edited of [
      { ...two, sql: `${two.sql} ` },
      { ...two, name: '0002-other' },
    ]) {
      await expect(migrate(opened.database, [one, edited])).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('was edited after'),
      })
    }
  })

  it('refuse a database of a newer version, and touch nothing', async () => {
    await migrate(opened.database, [one, two])
    const older = [one, { number: 3, name: '0003-late', sql: 'create table late ()' }]
    await expect(migrate(opened.database, older)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('newer version of Ownkey (migration 0002-two)'),
    })
    expect(await opened.database.query("select to_regclass('late') as late")).toEqual([{ late: null }])
  })

  it('are applied by one of many that start at once', async () => {
    const others =
      kind === 'postgres'
        ? await Promise.all([1, 2, 3].map(() => openDatabase({ url: opened.url, dataDir: opened.dataDir })))
        : []
    const reports = await Promise.all([opened.database, ...others].map((database) => migrate(database)))
    expect(reports.flatMap(({ applied }) => applied).sort()).toEqual(readMigrations().map(({ name }) => name))
    await Promise.all(others.map((database) => database.close()))
  })

  it('of the project are numbered without a gap or a double', () => {
    expect(readMigrations().map(({ number }) => number)).toEqual(readMigrations().map((_, index) => index + 1))
  })
})

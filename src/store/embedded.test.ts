import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startChild } from '../../test/support/child.ts'
import { copyEmbeddedDatabase } from '../../test/support/postgres.ts'
import { openDatabase } from './index.ts'

describe('the embedded database', () => {
  let dataDir: string
  beforeEach(async () => {
    dataDir = await copyEmbeddedDatabase()
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  it('loses no acknowledged change when its process is killed, again and again', async () => {
    let acknowledged = 0
    for (const rows of [1, 90]) {
      const child = startChild('hold-data-directory', [dataDir])
      await child.line((line) => Number(line) >= acknowledged + rows)
      await child.kill()
      acknowledged = Number(child.lines.at(-1))
    }
    const database = await openDatabase({ dataDir })
    const [row] = await database.query<{ count: number; max: number }>(
      'select count(*) as count, max(n) as max from numbers',
    )
    await database.close()
    // One more may have been written without the word of it getting out.
    expect([acknowledged, acknowledged + 1]).toContain(row?.max)
    expect(row?.count).toBe(row?.max)
  }, 60_000)

  it('says that its files cannot be used by this user, and not that a backup is needed', async () => {
    // Not even root can open it.
    const path = join(dataDir, 'database', 'PG_VERSION')
    rmSync(path)
    symlinkSync(path, path)
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('this user may not read and write its files (ELOOP)'),
      fix: expect.stringContaining('Give the data directory'),
    })
  })

  it('is refused to a second server, in another process and in the same one, and given to the next', async () => {
    const child = startChild('hold-data-directory', [dataDir, 'hold'])
    await child.line((line) => line === 'open')
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'unavailable',
      message: `Another Ownkey server (process ${child.process.pid}) uses the data directory ${dataDir}.`,
    })
    await child.kill()

    const first = await openDatabase({ dataDir })
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      message: expect.stringContaining(`process ${process.pid}`),
    })
    expect(await first.query('select 1 as one')).toEqual([{ one: 1 }])
    await first.close()
    const second = await openDatabase({ dataDir })
    await second.close()
    expect(readdirSync(dataDir)).toEqual(['database'])
  }, 60_000)

  it('takes over a lock whose owner is gone, whose number another process has now, or that says nothing', async () => {
    const stale = [
      { pid: 4_194_304, host: hostname() },
      { pid: process.pid, host: hostname(), started: 'another boot/1' },
      'not even JSON',
    ]
    for (const owner of stale) {
      writeFileSync(join(dataDir, 'lock'), JSON.stringify(owner))
      const database = await openDatabase({ dataDir })
      expect(JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid })
      await database.close()
    }
  }, 60_000)

  it('respects a lock of another machine while that one keeps touching it', async () => {
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 1, host: 'another-machine' }))
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      message: expect.stringContaining('process 1 on another-machine'),
    })
  })

  it('says what to do about a directory that it cannot read, and changes and deletes nothing', async () => {
    await (await openDatabase({ dataDir })).close()
    const control = join(dataDir, 'database', 'global', 'pg_control')
    truncateSync(control, 100)
    const before = fingerprint(dataDir)
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`${join(dataDir, 'database')} cannot be opened`),
      fix: expect.stringContaining('Put back a backup'),
    })
    expect(fingerprint(dataDir)).toEqual(before)
  }, 60_000)

  it('does not take a directory with other files for a database, nor fill it', async () => {
    rmSync(join(dataDir, 'database'), { recursive: true })
    mkdirSync(join(dataDir, 'database'))
    writeFileSync(join(dataDir, 'database', 'notes.txt'), 'mine')
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'unavailable',
      fix: expect.stringContaining('backup'),
    })
    expect(readdirSync(join(dataDir, 'database'))).toEqual(['notes.txt'])
  }, 60_000)

  it('is made in a directory that is empty or not there, also after a first start that was cut off', async () => {
    rmSync(join(dataDir, 'database'), { recursive: true })
    mkdirSync(join(dataDir, 'database.unfinished'))
    writeFileSync(join(dataDir, 'database.unfinished', 'PG_VERSION'), '18')
    const database = await openDatabase({ dataDir: join(dataDir) })
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
    await database.close()
    expect(readdirSync(dataDir)).toEqual(['database'])
  }, 60_000)

  it('names the directory that takes no files, and says what to do', async () => {
    const readOnly = join(dataDir, 'read-only')
    mkdirSync(readOnly, { mode: 0o500 })
    // What is read-only for a user is not for root; nobody makes files among those of a process.
    const folder = process.getuid?.() === 0 ? '/proc/self' : readOnly
    await expect(openDatabase({ dataDir: folder })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`${folder} cannot be written to`),
      fix: expect.stringContaining('OWNKEY_DATA_DIR'),
    })
  })

  it('names the directory that it cannot make', async () => {
    writeFileSync(join(dataDir, 'file'), '')
    await expect(openDatabase({ dataDir: join(dataDir, 'file', 'data') })).rejects.toMatchObject({
      message: expect.stringMatching(/cannot be made \((ENOTDIR|EEXIST)\)/),
    })
  })
})

/** Every file below, with its content's hash. */
function fingerprint(directory: string): string[] {
  return (
    readdirSync(directory, { recursive: true, withFileTypes: true })
      // The number of the process that tried is written again at every start.
      .filter((entry) => entry.isFile() && entry.name !== 'postmaster.pid')
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`)
  )
}

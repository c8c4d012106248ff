import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findOrphanedSpools, openSpool } from './spool.ts'

const folder = mkdtempSync(join(tmpdir(), 'ownkey-spool-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What another process would find if this one died now. */
function kept(): Set<string> {
  return new Set(findOrphanedSpools(folder, () => false).flatMap(({ lines }) => lines))
}

/** The largest file that this process may write: a disk that is full at that byte. */
function limitFiles(bytes: number | 'unlimited'): void {
  const { status } = spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
  if (status !== 0) throw new Error('prlimit (util-linux) is missing, or refused')
}

const line = (batch: number, n: number) => `${batch}.${n} ${'x'.repeat(2_000)}`

test('what a dead process left and cannot be read is named, with the mend', () => {
  const path = join(folder, `1-${'e'.repeat(26)}-a.spool`)
  mkdirSync(path)
  const find = () => findOrphanedSpools(folder, () => false)
  expect(find).toThrow(expect.objectContaining({ code: 'unavailable', message: expect.stringContaining(path) }))
  expect(find).toThrow(expect.objectContaining({ fix: expect.stringContaining('Give the data folder') }))
  rmSync(path, { recursive: true })
})

describe('the spool of a process', () => {
  const spools = ['a', 'b', 'c', 'd'].map((node) => node.repeat(26))

  const thrown = (error: unknown) => {
    throw error
  }
  function open(node: string, onError: (error: unknown) => void = thrown) {
    const spool = openSpool({ folder, node, onError })
    return {
      ...spool,
      add(text: string) {
        const bytes = Buffer.from(`before${text}\nbehind`)
        spool.append(bytes, 6, bytes.length - 6)
        // The bytes are the caller's again.
        bytes.fill(0)
      },
    }
  }

  test('has every line that the database does not have, also while a long queue is worked off and new lines come', () => {
    const spool = open(spools[0] as string)
    const backlog = Array.from({ length: 40 }, (_, index) => index + 1)
    const lines = new Map(backlog.map((batch) => [batch, [0, 1, 2, 3, 4].map((n) => line(batch, n))]))
    for (const batch of backlog) for (const one of lines.get(batch) ?? []) spool.add(one)
    let newest = backlog.length
    for (let taken = 1; taken <= newest; taken++) {
      spool.beginBatch({ written: taken - 1, newest })
      const here = kept()
      for (let batch = taken; batch <= newest; batch++)
        for (const one of lines.get(batch) ?? []) expect(here.has(one)).toBe(true)
      if (newest >= 120) continue
      newest++
      const fresh = Array.from({ length: 60 }, (_, n) => line(newest, n))
      lines.set(newest, fresh)
      for (const one of fresh) spool.add(one)
    }
    spool.clear()
    expect(kept().size).toBeLessThan(270)
    spool.close(false)
    expect(kept().size).toBe(0)
  })

  test('keeps lines that are longer than what it gathers, in their order', async () => {
    const spool = open(spools[1] as string)
    const long = 'y'.repeat(100_000)
    for (const text of ['first', long, 'last']) spool.add(text)
    await new Promise<void>((resolve) => spool.whenWritten(resolve))
    expect([...kept()]).toEqual(['first', long, 'last'])
    spool.close(false)
  })

  test('calls back at once when nothing waits, and else when the lines are in the file', async () => {
    const spool = open(spools[2] as string)
    let called = 0
    spool.whenWritten(() => called++)
    expect(called).toBe(1)
    spool.add('one')
    const found = await new Promise<Set<string>>((resolve) => spool.whenWritten(() => resolve(kept())))
    expect([...found]).toEqual(['one'])
    spool.close(false)
  })

  test.runIf(process.platform === 'linux')(
    'tells of a disk that was full in the middle of a line, and loses that one only',
    () => {
      const errors: unknown[] = []
      const spool = open(spools[3] as string, (error) => errors.push((error as NodeJS.ErrnoException).code))
      const write = (...texts: string[]) => {
        for (const text of texts) spool.add(text)
        spool.beginBatch({ written: 0, newest: 1 })
      }
      write('first')
      limitFiles('first\nsec'.length)
      write('second', 'third')
      write('fourth')
      limitFiles('unlimited')
      expect(errors).toEqual(['EFBIG', 'EFBIG'])
      write('fifth', 'sixth')
      expect([...kept()]).toEqual(['first', 'sec', 'fifth', 'sixth'])
      spool.close(false)
    },
  )
})

import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-folder-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a folder', () => {
  test('is made with all that leads to it, for its owner alone', () => {
    const path = join(folder, 'a', 'b', 'c')
    makeFolder(path)
    for (const one of [path, join(path, '..'), join(path, '..', '..')]) expect(statSync(one).mode & 0o777).toBe(0o700)
    makeFolder(path)
  })

  test('that a link leads to is the one that is there', () => {
    makeFolder(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    makeFolder(join(folder, 'link', 'inside'))
    expect(statSync(join(folder, 'real', 'inside')).isDirectory()).toBe(true)
  })

  test.each(['file', 'file/inside', 'dangling'])('cannot be made at %s, and that is said', (name) => {
    writeFileSync(join(folder, 'file'), '')
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'))
    expect(() => makeFolder(join(folder, name))).toThrow(/EEXIST|ENOTDIR/)
  })

  test.runIf(process.platform === 'linux')('in a file system that makes none is refused, not waited for', () => {
    expect(() => makeFolder('/proc/nothing/x')).toThrow(/ENOENT/)
  })
})

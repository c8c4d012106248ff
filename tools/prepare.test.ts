import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
// @ts-expect-error plain JavaScript, because it runs before anything is installed
import { checkNode, checkWritable, dependenciesAreCurrent } from '../scripts/prepare.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-prepare-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(wanted: object, installed?: object): void {
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wanted }))
  if (!installed) return
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }))
}

describe('before a start', () => {
  test.each(['18.20.0', '20.18.3', '16.0.0'])('Node %s is refused with the version that is needed', (version) => {
    expect(() => checkNode(version)).toThrow(/needs Node.js 20.19 or newer; this is/)
  })

  test.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('Node %s will do', (version) => {
    expect(() => checkNode(version)).not.toThrow()
  })

  test('a fresh clone needs an installation', () => {
    write({ '': {}, 'node_modules/pg': { version: '8.0.0' } })
    expect(dependenciesAreCurrent(folder)).toBe(false)
  })

  test('what is installed as locked is left alone; optional packages of other systems may be missing', () => {
    write(
      {
        '': {},
        console: {},
        'node_modules/pg': { version: '8.0.0' },
        'node_modules/@x/darwin': { version: '1.0.0', optional: true },
      },
      { 'node_modules/pg': { version: '8.0.0' } },
    )
    expect(dependenciesAreCurrent(folder)).toBe(true)
  })

  test('another version, or a missing package, is installed', () => {
    write({ 'node_modules/pg': { version: '8.1.0' } }, { 'node_modules/pg': { version: '8.0.0' } })
    expect(dependenciesAreCurrent(folder)).toBe(false)
    write(
      { 'node_modules/pg': { version: '8.0.0' }, 'node_modules/ws': { version: '8.0.0' } },
      { 'node_modules/pg': { version: '8.0.0' } },
    )
    expect(dependenciesAreCurrent(folder)).toBe(false)
  })

  test('a folder that cannot be written to is named', () => {
    expect(() => checkWritable(join(folder, 'nowhere'))).toThrow(/nowhere is read-only for this user/)
  })
})

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

describe('what is installed', () => {
  const root = new URL('../', import.meta.url)
  const read = (file: string) => readFileSync(new URL(file, root), 'utf8')
  interface Locked {
    link?: boolean
    integrity?: string
    dev?: boolean
    devOptional?: boolean
    optional?: boolean
    hasInstallScript?: boolean
  }
  const locked = Object.entries(JSON.parse(read('package-lock.json')).packages as Record<string, Locked>).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  )

  test('is locked by its contents, package for package', () => {
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  })

  test('runs no script of its own where it is installed, and none that serves would want to', () => {
    const prepare = read('scripts/prepare.mjs')
    expect(prepare).toContain("['ci', '--ignore-scripts'")
    // Nothing else of npm is called but the builds of what is here: not `install`, which would go beyond the lock.
    expect([...prepare.matchAll(/\bnpm\(\['([^']+)'/g)].map(([, verb]) => verb)).toEqual(['ci', 'run'])
    expect(prepare.match(/spawnSync\((?!process\.execPath|'npm', args,)/g)).toBeNull()
    const serves = locked.filter(([, { dev, devOptional, optional }]) => !dev && !devOptional && !optional)
    expect(serves.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
  })

  test('is told by the bill of materials: what serves, and not what only tests', () => {
    const told = spawnSync('npm', ['run', '--silent', 'sbom'], {
      cwd: fileURLToPath(root),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      shell: process.platform === 'win32',
    })
    const names = new Set((JSON.parse(told.stdout).components as { name: string }[]).map(({ name }) => name))
    const wanted = Object.keys(JSON.parse(read('package.json')).dependencies)
    expect(wanted.filter((name) => !names.has(name))).toEqual([])
    expect(names).toContain('pg')
    expect(names).not.toContain('vitest')
  })

  test('is little: fifteen packages by name at most, a hundred in all', () => {
    expect(Object.keys(JSON.parse(read('package.json')).dependencies).length).toBeLessThanOrEqual(15)
    const serves = locked.filter(([, { dev, devOptional, optional }]) => !dev && !devOptional && !optional)
    expect(serves.length).toBeLessThanOrEqual(100)
  })
})

import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generatedSecret } from './generated-secret.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-secret-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a generated secret', () => {
  test('is made once, with mode 0600, and read ever after', () => {
    const dataDir = join(folder, 'data')
    const first = generatedSecret(dataDir, 'master-key')
    const second = generatedSecret(dataDir, 'master-key')
    expect([first.fresh, second.fresh]).toEqual([true, false])
    expect(second.secret.reveal()).toBe(first.secret.reveal())
    expect(Buffer.from(first.secret.reveal(), 'base64')).toHaveLength(32)
    expect(statSync(first.path).mode & 0o777).toBe(0o600)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  })

  test('is only read where it is closed already: a disk may take no writes', () => {
    const { path } = generatedSecret(folder, 'admin-token')
    const { ctimeMs } = statSync(path)
    generatedSecret(folder, 'admin-token')
    expect(statSync(path).ctimeMs).toBe(ctimeMs)
  })

  test('leaves nothing else behind', () => {
    generatedSecret(folder, 'admin-token')
    expect(readdirSync(folder)).toEqual(['admin-token'])
  })

  test('is closed to others again when somebody opened it', () => {
    const { path } = generatedSecret(folder, 'admin-token')
    chmodSync(path, 0o644)
    generatedSecret(folder, 'admin-token')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is not replaced when its file is empty: the stored keys may depend on what was in it', () => {
    writeFileSync(join(folder, 'master-key'), '')
    expect(() => generatedSecret(folder, 'master-key')).toThrow(/is empty/)
    expect(existsSync(join(folder, 'master-key'))).toBe(true)
  })

  test('says where a file is in the place of the folder', () => {
    writeFileSync(join(folder, 'file'), '')
    for (const dataDir of [join(folder, 'file'), join(folder, 'file', 'data')])
      expect(() => generatedSecret(dataDir, 'master-key')).toThrow(`${dataDir} cannot be made: there is a file`)
  })

  test.runIf(process.platform === 'linux')('does not wait for ever for a folder that cannot be', () => {
    expect(() => generatedSecret('/proc/nothing/x', 'master-key')).toThrow(
      /\/proc\/nothing\/x cannot be written to \(ENOENT\)/,
    )
  })
})

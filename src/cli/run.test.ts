import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../test/support/free-port.ts'
import { openVault, readEnvironment } from '../server/index.ts'
import { run } from './index.ts'

let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-cli-'))
  vi.stubEnv('OWNKEY_DATA_DIR', join(folder, 'data'))
  vi.stubEnv('PORT', String(await freePort()))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

async function ownkey(...args: string[]) {
  const out: string[] = []
  const error: string[] = []
  const code = await run(['node', 'ownkey', ...args], {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  })
  return { code, out: out.join('\n'), error: error.join('\n') }
}

/** As the first start of a server leaves it. */
async function makeDatabase(): Promise<void> {
  await (await openVault(readEnvironment(), { migrate: true })).close()
}

const masterKey = Buffer.from(
  Array.from({ length: 32 }, (_, index) => (index * 73 + 5 * index * index) % 256),
).toString('base64')

const commands = ['serve', 'check', 'doctor', 'explain', 'master-key rotate', 'audit verify', 'database accept']

test.each([
  ['audit', 'verify'],
  ['explain', '--org', 'acme', '--feature', 'assistant'],
  ['master-key', 'rotate'],
  ['database', 'accept'],
])('%s %s says that there is no database, and makes none for it', async (...args) => {
  const { code, out, error } = await ownkey(...args)
  expect([code, out]).toEqual([1, ''])
  expect(error).toMatch(/no database of Ownkey here[\s\S]*OWNKEY_DATA_DIR/)
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

describe('the command line', () => {
  test('lists its commands', async () => {
    const { code, out } = await ownkey('--help')
    expect(code).toBe(0)
    for (const command of commands) expect(out).toContain(command.split(' ')[0])
  })

  test.each(commands)('explains %s, --json included', async (command) => {
    const { code, out } = await ownkey(...command.split(' '), '--help')
    expect(code).toBe(0)
    expect(out).toContain('--json')
  })

  test.each([
    [['frobnicate']],
    [['check', '--frobnicate']],
    [['check', 'extra']],
    [['explain']],
    [['explain', '--org', 'acme']],
    [['explain', '--org', '', '--feature', 'assistant']],
    [['explain', '--org', 'acme', '--feature', ' ']],
    [['check', '--config', '']],
    [['master-key', 'turn']],
    [['master-key']],
    [[]],
  ])('ends with 2 when it is called wrongly: %j', async (args) => {
    const told = await ownkey(...args)
    expect([told.code, told.out]).toEqual([2, ''])
    expect(told.error).not.toBe('')
    const machine = await ownkey(...args, '--json')
    expect([machine.code, machine.error]).toEqual([2, ''])
    expect(JSON.parse(machine.out)).toEqual({
      error: { code: 'usage', message: expect.stringMatching(/./), fix: expect.stringMatching(/./) },
    })
  })
})

describe('ownkey check', () => {
  const check = (text: string, ...args: string[]) => {
    const file = join(folder, 'ownkey.yaml')
    writeFileSync(file, text)
    return ownkey('check', '--config', file, ...args)
  }

  test('accepts a good file', async () => {
    expect(await check('features:\n  chatbot: { title: Chatbot }\n')).toMatchObject({
      code: 0,
      out: expect.stringContaining('is valid'),
    })
  })

  test('tells file, line, column, what was expected and the mend', async () => {
    const { code, error } = await check('plans:\n  standard:\n    byok: allways\n')
    expect(code).toBe(1)
    expect(error).toMatch(/ownkey\.yaml:3:11 plans\.standard\.byok/)
    expect(error).toMatch(/expected: .*always/)
    expect(error).toMatch(/fix: /)
  })

  test('tells the same to machines', async () => {
    const { code, out } = await check('plans:\n  standard:\n    byok: allways\n', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problems: [{ line: 3, column: 11, path: 'plans.standard.byok' }],
    })
  })

  test('fails for a file that is not there', async () => {
    expect(await ownkey('check', '--config', join(folder, 'none.yaml'))).toMatchObject({
      code: 1,
      error: expect.stringContaining('does not exist'),
    })
  })
})

describe('commands on a database', () => {
  test('doctor writes nothing before the first start', async () => {
    const { code, out } = await ownkey('doctor', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'database', ok: true })]),
    })
  })

  test('doctor finds a data directory that nothing can be written to, made already or not', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    for (const place of [file, join(file, 'below', 'it')]) {
      vi.stubEnv('OWNKEY_DATA_DIR', place)
      const { code, out } = await ownkey('doctor', '--json')
      expect(code).toBe(1)
      const [found] = JSON.parse(out).checks.filter((check: { ok: boolean }) => !check.ok)
      expect(found).toMatchObject({ name: 'database', detail: expect.stringContaining(file) })
      expect(found.fix).toContain('OWNKEY_DATA_DIR')
    }
  })

  test('explain works without a running server, in the API’s own words, and makes nothing', async () => {
    await makeDatabase()
    const before = readdirSync(join(folder, 'data'))
    expect(await ownkey('explain', '--org', 'nobody', '--feature', 'assistant')).toMatchObject({
      code: 1,
      error: expect.stringContaining('There is no such organization.'),
    })
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(before.sort())
  })

  test('rotation and the audit log are fine on a new database', async () => {
    await makeDatabase()
    expect(await ownkey('master-key', 'rotate')).toMatchObject({ code: 0, out: expect.stringContaining('0 keys') })
    const { code, out } = await ownkey('audit', 'verify', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ intact: true, findings: [] })
  })

  test('audit verify says what is wrong with a kept file', async () => {
    await makeDatabase()
    const wrong: [name: string, text: string | undefined, says: string][] = [
      ['none.json', undefined, 'none.json does not exist'],
      ['data', undefined, 'data cannot be read (EISDIR)'],
      ['kept.json', 'heads', 'is not the output'],
      ['kept.json', 'null', 'is not the output'],
      ['kept.json', '{"heads":[null]}', 'is not the output'],
    ]
    for (const [name, text, says] of wrong) {
      const file = join(folder, name)
      if (text !== undefined) writeFileSync(file, text)
      const { code, error } = await ownkey('audit', 'verify', '--kept', file)
      expect([code, error]).toEqual([1, expect.stringContaining(says)])
      expect(error).toContain('leave --kept out')
    }
  })

  test('a wrong master key is refused by name of the variable, without the key', async () => {
    await makeDatabase()
    vi.stubEnv('BYOK_ENCRYPTION_KEY', masterKey)
    const { code, error } = await ownkey('audit', 'verify')
    expect(code).toBe(1)
    expect(error).toContain('BYOK_ENCRYPTION_KEY is not the master key of this database')
    expect(error).not.toContain(masterKey)
  })

  test('the right master key under another id is told by what it lacks', async () => {
    vi.stubEnv('BYOK_ENCRYPTION_KEY', `first:${masterKey}`)
    await makeDatabase()
    vi.stubEnv('BYOK_ENCRYPTION_KEY', `other:${masterKey}`)
    const { code, error } = await ownkey('audit', 'verify')
    expect(code).toBe(1)
    expect(error).toMatch(/holds the master key of this database, but not under its id, "first"[\s\S]*first:<the key>/)
  })

  test('a master key that had no id gets one behind the new one, as the help writes it', async () => {
    await makeDatabase()
    const kept = readFileSync(join(folder, 'data', 'master-key'), 'utf8').trim()
    vi.stubEnv('BYOK_ENCRYPTION_KEY', `new:${masterKey},old:${kept}`)
    expect(await ownkey('doctor')).toMatchObject({ code: 0, out: expect.stringContaining('1 more can decrypt') })
    expect(await ownkey('master-key', 'rotate')).toMatchObject({ code: 0 })
    vi.stubEnv('BYOK_ENCRYPTION_KEY', `new:${masterKey}`)
    expect(await ownkey('audit', 'verify')).toMatchObject({ code: 0 })
  })

  test('a weak master key is refused', async () => {
    vi.stubEnv('BYOK_ENCRYPTION_KEY', Buffer.alloc(32, 7).toString('base64'))
    expect(await ownkey('doctor')).toMatchObject({ code: 1, error: expect.stringContaining('too weak') })
  })
})

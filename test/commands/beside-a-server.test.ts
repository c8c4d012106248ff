/** Commands while a server runs on the embedded database, which belongs to that one process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { run } from '../../src/cli/index.ts'
import { generateMasterKey } from '../../src/crypto/index.ts'
import { callApi } from '../support/call-api.ts'
import { canarySandboxKeys } from '../support/canary.ts'
import { freePort } from '../support/free-port.ts'
import { type Life, startLife } from '../support/server-life.ts'

const adminToken = 'operator-token-beside-a-server-00000001'
const old = `old:${generateMasterKey()}`
const both = `new:${generateMasterKey()},${old}`

let folder: string
let life: Life

async function start(masterKey: string) {
  const env = {
    PORT: '0',
    OWNKEY_DATA_DIR: join(folder, 'data'),
    OWNKEY_ADMIN_TOKEN: adminToken,
    BYOK_ENCRYPTION_KEY: masterKey,
  }
  life = await startLife({ env, sandbox: true, process: 'child' })
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  vi.stubEnv('PORT', new URL(life.url).port)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-beside-'))
  await start(old)
  for (const org of ['acme', 'beta']) {
    await api('PUT', `/orgs/${org}`, { name: org, plan: 'standard' })
    await api('PUT', `/orgs/${org}/keys/openai`, { key: canarySandboxKeys.openai })
  }
  await life.end()
  await start(both)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await life.end()
  rmSync(folder, { recursive: true, force: true })
})

const api = (method: string, path: string, body?: unknown) =>
  callApi(life.url, { method, path, body, token: adminToken })

async function ownkey(...args: string[]) {
  const out: string[] = []
  const error: string[] = []
  const terminal = { out: (text: string) => void out.push(text), error: (text: string) => void error.push(text) }
  const code = await run(['node', 'ownkey', ...args], terminal)
  return { code, out: out.join('\n'), error: error.join('\n') }
}

/** With another environment than the server's. */
async function withEnv<T>(change: Record<string, string | undefined>, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(change).map((name) => [name, process.env[name]] as const)
  for (const [name, value] of Object.entries(change)) vi.stubEnv(name, value)
  try {
    return await work()
  } finally {
    for (const [name, value] of before) vi.stubEnv(name, value)
  }
}

describe('audit verify beside a running server', () => {
  test('says the same as without one, for people and for machines', async () => {
    expect(await ownkey('audit', 'verify')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The audit log is intact: \d+ rows in [23] logs\.$/),
    })
    const { code, out } = await ownkey('audit', 'verify', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ intact: true, findings: [], heads: expect.any(Array) })
  })

  test('holds the log against ends that were kept, and fails when they differ', async () => {
    const { out } = await ownkey('audit', 'verify', '--json')
    const file = join(folder, 'kept.json')
    writeFileSync(file, out)
    expect((await ownkey('audit', 'verify', '--kept', file)).code).toBe(0)
    const report = JSON.parse(out) as { heads: { org: string; mac: string }[] }
    const others = Array.from({ length: 2000 }, (_, index) => ({ org: `gone-${index}`, seq: 1, mac: 'ab'.repeat(32) }))
    writeFileSync(file, JSON.stringify({ ...report, heads: [...report.heads, ...others] }))
    const late = await ownkey('audit', 'verify', '--kept', file)
    expect(late).toMatchObject({ code: 1, error: expect.stringContaining('gone-7 row 1: The log ends before') })
  })
})

describe('master-key rotate beside a running server', () => {
  test('is refused with what to do when the server has another active master key', async () => {
    const refused = await withEnv({ BYOK_ENCRYPTION_KEY: `third:${generateMasterKey()},${both}` }, () =>
      ownkey('master-key', 'rotate', '--json'),
    )
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.out).error).toMatchObject({
      code: 'server_differs',
      message: expect.stringMatching(/"new".*"third"/),
      fix: expect.stringContaining('Restart the server'),
    })
  })

  test('has the server encrypt every key anew, with the same counts, and its row in the audit log', async () => {
    expect(await ownkey('master-key', 'rotate')).toMatchObject({
      code: 0,
      out: 'Under master key "new": 2 keys were encrypted anew.\nNo stored key needs another master key any more.',
    })
    const again = await ownkey('master-key', 'rotate', '--json')
    expect([again.code, JSON.parse(again.out)]).toEqual([0, { activeKey: 'new', rewrapped: 0, unreadable: {} }])
    const { body } = await api('GET', '/audit?action=master_key.rotate')
    expect(body.items).toMatchObject([{ actor: { kind: 'operator' }, target: 'new', detail: { rewrapped: 2 } }])
    expect((await ownkey('audit', 'verify')).code).toBe(0)
    expect((await api('POST', '/orgs/acme/keys/openai/test')).body).toMatchObject({ status: 'valid' })
  })

  test('takes the server’s master key where the command’s environment names none, and makes none', async () => {
    const bare = await withEnv({ BYOK_ENCRYPTION_KEY: undefined }, () => ownkey('master-key', 'rotate'))
    expect(bare.code).toBe(0)
    const other = await withEnv({ BYOK_ENCRYPTION_KEY: undefined }, () => ownkey('doctor', '--json'))
    expect(JSON.parse(other.out).checks).toContainEqual(
      expect.objectContaining({ name: 'master key', detail: expect.stringContaining('made at the first start') }),
    )
  })
})

describe.each([['audit verify'], ['master-key rotate']])('%s', (command) => {
  const args = command.split(' ')

  test('says which server holds the database when nothing listens where it asks', async () => {
    const alone = await withEnv({ PORT: String(await freePort()) }, () => ownkey(...args))
    expect(alone).toMatchObject({ code: 1, error: expect.stringMatching(/Another Ownkey server.*\n.*HOST and PORT/) })
  })

  test('does not take another server for the one that holds the database', async () => {
    const dataDir = join(folder, 'other')
    const env = { PORT: '0', OWNKEY_DATA_DIR: dataDir, OWNKEY_ADMIN_TOKEN: adminToken, BYOK_ENCRYPTION_KEY: both }
    const other = await startLife({ env, sandbox: false, process: 'child' })
    try {
      const refused = await withEnv({ PORT: new URL(other.url).port }, () => ownkey(...args))
      expect(refused).toMatchObject({ code: 1, error: expect.stringMatching(/one that is meant is process \d+/) })
    } finally {
      await other.end()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })

  test('says that the operator’s token is another', async () => {
    const wrong = await withEnv({ OWNKEY_ADMIN_TOKEN: `${adminToken}-other` }, () => ownkey(...args))
    expect(wrong).toMatchObject({ code: 1, error: expect.stringMatching(/another operator’s token.*\n.*ADMIN_TOKEN/) })
  })
})

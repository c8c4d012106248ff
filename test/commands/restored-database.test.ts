/** Threat 29: a database that is put back to an older state, in which what was removed would serve again. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../src/cli/index.ts'
import { generateMasterKey } from '../../src/crypto/index.ts'
import { callApi } from '../support/call-api.ts'
import { canarySandboxKeys } from '../support/canary.ts'
import { type DatabaseKind, databaseKinds } from '../support/databases.ts'
import { freePort } from '../support/free-port.ts'
import { copyEmbeddedDatabase, createTestDatabase, type TestDatabase } from '../support/postgres.ts'
import { type Life, startLife } from '../support/server-life.ts'

const adminToken = 'operator-token-of-restored-databases-01'
const masterKey = generateMasterKey()
const config = {
  providers: { openai: { baseUrl: 'http://127.0.0.1:9' } },
  features: { chat: { title: 'Chat', capability: 'chat' } },
  plans: {
    standard: { byok: 'always', providers: { '*': 'optional' }, verify: 'format_only', fallback: { mode: 'never' } },
  },
}

/** A database that can be put back, with a folder beside it. */
interface Place {
  folder: string
  env: Record<string, string>
  backUp(): Promise<void>
  putBack(): Promise<void>
  remove(): Promise<void>
}

async function openPlace(kind: DatabaseKind): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-restored-'))
  const dataDir = kind === 'embedded' ? await copyEmbeddedDatabase() : join(folder, 'data')
  const postgres = kind === 'postgres' ? await createTestDatabase() : undefined
  writeFileSync(join(folder, 'ownkey.yaml'), JSON.stringify(config))
  const env = {
    PORT: String(await freePort()),
    OWNKEY_ADMIN_TOKEN: adminToken,
    BYOK_ENCRYPTION_KEY: masterKey,
    OWNKEY_CONFIG: join(folder, 'ownkey.yaml'),
    OWNKEY_DATA_DIR: dataDir,
    ...(postgres && { DATABASE_URL: postgres.url }),
  }
  const copies = postgres ? postgresCopies(postgres) : embeddedCopies(dataDir)
  return {
    folder: dataDir,
    env,
    ...copies,
    async remove() {
      await postgres?.drop()
      for (const one of [folder, dataDir]) rmSync(one, { recursive: true, force: true })
    },
  }
}

function embeddedCopies(dataDir: string) {
  const [live, kept] = [join(dataDir, 'database'), join(dataDir, 'kept')]
  return {
    backUp: async () => cpSync(live, kept, { recursive: true }),
    putBack: async () => {
      rmSync(live, { recursive: true })
      cpSync(kept, live, { recursive: true })
    },
  }
}

/** By the files of the database, as a snapshot of its disk would. */
function postgresCopies({ url }: TestDatabase) {
  const name = new URL(url).pathname.slice(1)
  const server = new URL(url)
  server.pathname = '/postgres'
  const copy = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: server.href })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  return {
    backUp: () => copy(`create database ${name}_kept template ${name}`),
    putBack: () => copy(`drop database ${name} with (force)`, `create database ${name} template ${name}_kept`),
  }
}

let place: Place
let life: Life | undefined

async function start(change: Record<string, string> = {}, process: 'inside' | 'child' = 'inside'): Promise<Life> {
  life = await startLife({ env: { ...place.env, ...change }, sandbox: true, process })
  return life
}

async function end(): Promise<void> {
  await life?.end()
  life = undefined
}

async function api(method: string, path: string, body?: unknown) {
  const answer = await callApi(life?.url as string, { method, path, body, token: adminToken })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function ownkey(...args: string[]) {
  for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value)
  const out: string[] = []
  const terminal = { out: (text: string) => void out.push(text), error: (text: string) => void out.push(text) }
  const code = await run(['node', 'ownkey', ...args], terminal)
  vi.unstubAllEnvs()
  return { code, out: out.join('\n') }
}

/** Status of a chat on an organization's key, and what Ownkey says of it. */
async function chat(token: string): Promise<string> {
  const response = await fetch(`${life?.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  await response.arrayBuffer()
  return `${response.status} ${response.headers.get('ownkey-error') ?? response.headers.get('ownkey-key-source')}`
}

/** What a member's session is answered. */
async function statusOf(session: string): Promise<number> {
  return (await callApi(life?.url as string, { method: 'GET', path: '/orgs/kept/settings', token: session })).status
}

const orgs = ['removed', 'replaced', 'disabled', 'kept', 'deleted'] as const
type Tokens = Record<(typeof orgs)[number] | 'revoked', string>
let revokedId: string

/** Five organizations with a key each, and a second token of one of them. */
async function fill(): Promise<Tokens> {
  const tokens: Partial<Tokens> = {}
  for (const org of orgs) {
    await api('PUT', `/orgs/${org}`, { name: org, plan: 'standard' })
    await api('PUT', `/orgs/${org}/keys/openai`, { key: canarySandboxKeys.openai })
    tokens[org] = (await api('POST', '/tokens', { kind: 'access', org, feature: 'chat' })).token
  }
  const second = await api('POST', '/tokens', { kind: 'access', org: 'kept', feature: 'chat' })
  revokedId = second.id
  return { ...tokens, revoked: second.token } as Tokens
}

async function takeOutOfService(): Promise<void> {
  await api('DELETE', '/orgs/removed/keys/openai')
  await api('PUT', '/orgs/replaced/keys/openai', { key: `${canarySandboxKeys.openai}-second` })
  await api('POST', '/orgs/disabled/keys/openai/disable')
  await api('DELETE', `/tokens/${revokedId}`)
  await api('DELETE', '/orgs/deleted')
}

function recordFile(): string {
  const name = readdirSync(place.folder).find((file) => file.startsWith('withdrawals-'))
  return join(place.folder, name ?? 'withdrawals-none')
}

const recorded = () =>
  existsSync(recordFile())
    ? readFileSync(recordFile(), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { number: number; kind: string; target: string })
    : []

describe.each(databaseKinds)('a database on %s that was put back', (kind) => {
  let tokens: Tokens
  let session: string
  beforeEach(async () => {
    place = await openPlace(kind)
    await start()
    tokens = await fill()
    session = (await api('POST', '/sessions', { org: 'kept', user: { id: 'ada', role: 'owner' } })).token
    await end()
    await place.backUp()
    await start()
    await takeOutOfService()
    await end()
  }, 60_000)
  afterEach(async () => {
    await end()
    await place.remove()
  })

  test('keeps outside the database what was taken out of service, by ids alone', () => {
    expect(recorded().map((line) => line.kind)).toEqual([
      'key_version',
      'key_version',
      'key_disabled',
      'token',
      'organization',
    ])
    expect(readFileSync(recordFile(), 'utf8')).not.toMatch(/sandbox|okt_/)
  })

  test('starts again when it is the newest', async () => {
    await start()
    expect(await chat(tokens.kept)).toBe('200 organization')
    expect(await chat(tokens.removed)).toBe('403 missing_key')
    expect(await statusOf(session)).toBe(200)
    expect((await ownkey('doctor', '--json')).code).toBe(0)
  })

  test('is refused at start, before anything is served, and says what to do', async () => {
    await place.putBack()
    await expect(start()).rejects.toMatchObject({
      code: 'database_restored',
      message: expect.stringContaining('put back to an older state'),
      fix: expect.stringContaining('ownkey database accept'),
    })
  })

  test('is told apart by doctor, which lists what came back', async () => {
    await place.putBack()
    const { code, out } = await ownkey('doctor', '--json')
    expect(code).toBe(1)
    const check = JSON.parse(out).checks.find(({ name }: { name: string }) => name === 'taken out of service')
    expect(check).toMatchObject({ ok: false, fix: expect.stringContaining('ownkey database accept') })
    const listed = check.cameBack.map(({ kind: what, org }: { kind: string; org: string }) => `${what} ${org}`)
    expect(listed.sort()).toEqual([
      'disabled_key disabled',
      'key removed',
      'key replaced',
      'organization deleted',
      'token kept',
    ])
    const people = (await ownkey('doctor')).out
    expect(people).toMatch(/FAIL taken out of service: .*put back to an older state/)
    expect(people).toMatch(/key removed or replaced .*removed, openai, production/)
    expect((await ownkey('audit', 'verify')).code).toBe(0)
    expect((await ownkey('explain', '--org', 'kept', '--feature', 'chat')).code).toBe(1)
  })

  test('serves after the operator accepted it, without what had been taken out of service', async () => {
    await place.putBack()
    const accepted = await ownkey('database', 'accept')
    expect(accepted.code).toBe(0)
    expect(accepted.out).toContain('Taken out of service again, 5:')
    await start()
    expect(await chat(tokens.kept)).toBe('200 organization')
    for (const org of ['removed', 'replaced', 'disabled'] as const)
      expect(await chat(tokens[org]), org).toBe('403 missing_key')
    expect(await chat(tokens.revoked)).toBe('401 token_invalid')
    expect(await chat(tokens.deleted)).toMatch(/^401 /)
    // Nobody knows whether somebody had ended it.
    expect(await statusOf(session)).toBe(401)
    const audit = await api('GET', '/audit')
    expect(audit.items.map(({ action }: { action: string }) => action)).toContain('database.accept')
    await end()
    expect((await ownkey('audit', 'verify')).code).toBe(0)
    expect((await ownkey('doctor', '--json')).code).toBe(0)
    expect((await ownkey('database', 'accept')).out).toContain('nothing to accept')
  })

  test('is served as it is when the operator says so, and is refused again the next time', async () => {
    await place.putBack()
    expect((await ownkey('database', 'accept', '--as-is')).out).toContain('In service again, 5:')
    await start()
    expect(await chat(tokens.removed)).toBe('200 organization')
    expect(await chat(tokens.deleted)).toBe('200 organization')
    await api('DELETE', '/orgs/removed/keys/openai')
    await end()
    await place.putBack()
    await expect(start()).rejects.toMatchObject({ code: 'database_restored' })
  })

  test('is served where nobody kept a record, and refused where somebody did, whatever happened meanwhile', async () => {
    await start()
    await api('PUT', '/orgs/replaced/keys/openai', { key: `${canarySandboxKeys.openai}-third` })
    await end()
    await place.putBack()
    const elsewhere = join(place.env['OWNKEY_DATA_DIR'] as string, 'elsewhere')
    await start({ OWNKEY_RECORD_DIR: elsewhere })
    for (const org of ['removed', 'disabled', 'kept']) await api('DELETE', `/orgs/${org}/keys/openai`)
    // The second version again, which is another secret, and the id again, which is another organization.
    await api('PUT', '/orgs/replaced/keys/openai', { key: `${canarySandboxKeys.openai}-fourth` })
    await api('DELETE', '/orgs/deleted')
    await api('PUT', '/orgs/deleted', { name: 'deleted', plan: 'standard' })
    await api('PUT', '/orgs/deleted/keys/openai', { key: canarySandboxKeys.openai })
    const { token: remade } = await api('POST', '/tokens', { kind: 'access', org: 'deleted', feature: 'chat' })
    await end()
    expect(readdirSync(elsewhere)).toHaveLength(1)
    await expect(start()).rejects.toMatchObject({ code: 'database_restored' })
    expect((await ownkey('database', 'accept')).code).toBe(0)
    await start()
    for (const token of [tokens.replaced, remade]) expect(await chat(token)).toBe('200 organization')
    await end()
    await start({ OWNKEY_RECORD_DIR: elsewhere })
    await end()
    expect(recorded().map(({ number }) => number)).toEqual(recorded().map((_, index) => index + 1))
  })

  test('is no worse for half a line that a killed process left, and not for a file that cannot be written', async () => {
    const whole = readFileSync(recordFile(), 'utf8')
    writeFileSync(recordFile(), `${whole}{"number":6,"id":"half`)
    await start()
    await api('DELETE', '/orgs/kept/keys/openai')
    await end()
    const lines = readFileSync(recordFile(), 'utf8').trimEnd().split('\n')
    expect(lines.slice(0, 5).join('\n')).toBe(whole.trimEnd())
    expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ number: 6, kind: 'key_version' })

    const blocked = join(place.env['OWNKEY_DATA_DIR'] as string, 'blocked')
    writeFileSync(blocked, 'a file where the folder should be')
    const blind = await start({ OWNKEY_RECORD_DIR: join(blocked, 'inside') })
    await api('PUT', '/orgs/kept/keys/openai', { key: canarySandboxKeys.openai })
    await api('DELETE', '/orgs/kept/keys/openai')
    await vi.waitFor(() => expect(blind.logged().join('\n')).toContain('withdrawals_not_recorded'), 10_000)
    expect(blind.logged().filter((line) => line.includes('withdrawals_not_recorded'))).toHaveLength(1)
  })
})

describe('several processes', () => {
  beforeEach(async () => {
    place = await openPlace('postgres')
  })
  afterEach(async () => {
    await end()
    await place.remove()
  })

  test('keep one record, killed at any moment, and it is never ahead of the database', async () => {
    mkdirSync(place.folder, { recursive: true })
    const removals = 40
    for (let round = 0; round < 4; round++) {
      await start({ OWNKEY_WORKERS: '2' }, 'child')
      await api('PUT', '/orgs/acme', { name: 'acme', plan: 'standard' })
      let done = 0
      const working = Promise.allSettled(
        Array.from({ length: removals }, async (_, index) => {
          const environment = `e${index}`
          await api('PUT', '/orgs/acme/keys/openai', { key: canarySandboxKeys.openai, environment })
          await api('DELETE', `/orgs/acme/keys/openai?environment=${environment}`)
          done++
        }),
      )
      await vi.waitFor(() => expect(done).toBeGreaterThan(5 + round * 5), { timeout: 30_000, interval: 5 })
      await life?.child?.kill()
      life = undefined
      await working
    }
    await start({ OWNKEY_WORKERS: '2' }, 'child')
    await end()
    const numbers = recorded().map(({ number }) => number)
    expect(numbers.length).toBeGreaterThan(20)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  }, 120_000)

  test('stop serving when the database is put back under them', async () => {
    await start()
    const tokens = await fill()
    await end()
    await place.backUp()
    await start()
    await takeOutOfService()
    await vi.waitFor(() => expect(recorded()).toHaveLength(5), 10_000)
    expect(await chat(tokens.kept)).toBe('200 organization')
    await place.putBack()
    const readiness = async () => {
      const answer = await fetch(`${life?.url}/readyz`)
      const { checks } = (await answer.json()) as { checks: { vault: string } }
      return `${answer.status} ${checks.vault}`
    }
    await vi.waitFor(async () => expect(await readiness()).toBe('503 restored'), 20_000)
    for (const token of [tokens.removed, tokens.kept])
      await vi.waitFor(async () => expect(await chat(token)).toBe('503 unavailable'), 20_000)
    expect(life?.logged().join('\n')).toContain('"event":"database_restored"')
  }, 60_000)
})

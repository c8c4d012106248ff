/** A real `ownkey serve` in a process of its own, and what goes wrong around it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Child, startChild } from '../support/child.ts'
import { takePort } from '../support/free-port.ts'
import { copyEmbeddedDatabase, createTestDatabase, startPostgres } from '../support/postgres.ts'
import { startOwnkey } from '../support/running-server.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-faults-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const serve = (env: Record<string, string>, more: { fileBlocks?: number } = {}): Child =>
  startChild('serve', ['serve', '--json'], { ...more, env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env } })
const listening = async (child: Child) =>
  (JSON.parse(await child.line((line) => line.startsWith('{"url"'))) as { url: string }).url

describe('a server that cannot start says why, ends with 1, and harms nothing', () => {
  test('when the port is taken', async () => {
    const taken = await takePort()
    const child = serve({ PORT: String(taken.port), OWNKEY_DATA_DIR: join(folder, 'data') })
    const { code, stderr } = await child.ended
    expect(code).toBe(1)
    expect(child.lines.join('\n') + stderr).toContain(`Port ${taken.port} on 127.0.0.1 is taken by another program.`)
    taken.server.close()
  })

  test('when the data folder cannot be made', async () => {
    // Below a file nobody can make a folder, not even root.
    writeFileSync(join(folder, 'file'), '')
    const dataDir = join(folder, 'file', 'data')
    const child = serve({ OWNKEY_DATA_DIR: dataDir })
    const { code, stderr } = await child.ended
    expect(code).toBe(1)
    expect(child.lines.join('\n') + stderr).toContain(`The data folder ${dataDir} cannot be made: there is a file`)
  })

  test('when the master key of its database is missing, or is none: no other one is made in its place', async () => {
    const dataDir = join(folder, 'data')
    const path = join(dataDir, 'master-key')
    const first = serve({ OWNKEY_DATA_DIR: dataDir })
    await listening(first)
    await first.kill()
    const key = readFileSync(path, 'utf8')
    rmSync(path)
    const without = serve({ OWNKEY_DATA_DIR: dataDir })
    const { code, stderr } = await without.ended
    expect(code).toBe(1)
    expect(without.lines.join('\n') + stderr).toContain(`no ${path}. Nothing was written.`)
    expect(existsSync(path)).toBe(false)
    writeFileSync(path, 'junk')
    const spoilt = serve({ OWNKEY_DATA_DIR: dataDir })
    const end = await spoilt.ended
    expect(end.code).toBe(1)
    expect(spoilt.lines.join('\n') + end.stderr).toContain(`${path} has 3 bytes`)
    writeFileSync(path, key)
    const again = serve({ OWNKEY_DATA_DIR: dataDir })
    await listening(again)
    await again.kill()
  })

  test('when the embedded database is damaged: it says so and leaves every file as it is', async () => {
    const dataDir = await copyEmbeddedDatabase()
    const files = () =>
      readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && /pg_control$/.test(entry.name),
      )
    const [control] = files()
    const path = join(control!.parentPath, control!.name)
    writeFileSync(path, Buffer.alloc(8192, 0x5a))
    const child = serve({ OWNKEY_DATA_DIR: dataDir })
    const { code, stderr } = await child.ended
    expect(code).toBe(1)
    expect(child.lines.join('\n') + stderr).toMatch(/embedded database/)
    expect(readFileSync(path).equals(Buffer.alloc(8192, 0x5a))).toBe(true)
    rmSync(dataDir, { recursive: true, force: true })
  })
})

describe('a server that runs', () => {
  test('keeps its configuration when SIGHUP finds a bad file, says what is wrong, and takes the next good one', async () => {
    const config = (title: string) => `features: { chatbot: { title: ${title} } }\nplans: { standard: {} }\n`
    const ownkey = await startOwnkey({ process: 'child', config: config('Chatbot') })
    await ownkey.putOrg('acme')
    const title = async () => (await ownkey.api('GET', '/orgs/acme/settings')).body.features[0].title
    expect(await ownkey.reload('features: { chatbot: { titel: Oops } }\n')).toBe(false)
    expect(ownkey.logged().find((line) => line.includes('config_refused'))).toMatch(/"line":1,"column":13.*title/)
    expect(await ownkey.reload('features: &all { chatbot: { title: Oops, addOn: *all } }\n')).toBe(false)
    expect(await title()).toBe('Chatbot')
    expect(await ownkey.reload(config('Helper'))).toBe(true)
    expect(await title()).toBe('Helper')
    await ownkey.close()
  })

  test('works without a spool in a folder that is there and takes no files, and says so', async () => {
    const database = await createTestDatabase()
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir)
    // Where nobody can make a file, not even root.
    symlinkSync('/proc/self', join(dataDir, 'spool'))
    const child = serve({ DATABASE_URL: database.url, OWNKEY_DATA_DIR: dataDir })
    expect((await fetch(`${await listening(child)}/readyz`)).status).toBe(200)
    expect(child.lines.join('\n')).toContain('"event":"no_spool"')
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(0)
    await database.drop()
  })

  test('serves and stops in order, and says why, where the request to paste cannot be prepared', async () => {
    const dataDir = join(folder, 'data')
    // The file cannot be written, as on a full disk: a folder is in its place.
    mkdirSync(join(dataDir, 'demo-token'), { recursive: true })
    const child = startChild('serve', ['serve', '--sandbox'], {
      env: { PATH: process.env['PATH'] ?? '', PORT: '0', OWNKEY_DATA_DIR: dataDir },
    })
    await child.line((line) => line.includes('A first request to paste could not be prepared'))
    const { url } = JSON.parse(child.lines.find((line) => line.includes('"event":"listening"')) ?? '{}')
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(0)
  })

  test('answers 503 soon while PostgreSQL is gone, stays alive, and goes on by itself when it is back', async () => {
    const first = await startPostgres({ directory: folder })
    const child = serve({
      DATABASE_URL: first.url,
      OWNKEY_DATA_DIR: join(folder, 'data'),
      OWNKEY_ADMIN_TOKEN: adminToken,
    })
    const url = await listening(child)
    const put = (org: string) =>
      fetch(`${url}/api/v1/orgs/${org}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: org, plan: 'standard' }),
      })
    expect((await put('before')).status).toBe(200)
    await first.stop()
    const asked = performance.now()
    const answer = await put('meanwhile')
    const took = performance.now() - asked
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'unavailable'])
    // C2 asks for two seconds; a machine that does much else may add a little.
    expect(took).toBeLessThan(2_500)
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    const second = await startPostgres({ directory: folder, port: first.port as number })
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 60_000 }).toBe(200)
    expect((await put('after')).status).toBe(200)
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(0)
    await second.stop()
  })

  test('says that the disk of its embedded database is full, refuses at once from then on, and has lost nothing', async () => {
    const dataDir = await copyEmbeddedDatabase()
    const env = { OWNKEY_DATA_DIR: dataDir, OWNKEY_ADMIN_TOKEN: adminToken }
    // Smaller than one more file of the database's log.
    const child = serve(env, { fileBlocks: 10_000 })
    const url = await listening(child)
    const put = async (at: string, org: string) => {
      const asked = performance.now()
      const answer = await fetch(`${at}/api/v1/orgs/${org}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: org, plan: 'standard' }),
        signal: AbortSignal.timeout(20_000),
      })
      return { status: answer.status, body: (await answer.json()) as Problem, took: performance.now() - asked }
    }
    const acknowledged: string[] = []
    let refused: Awaited<ReturnType<typeof put>> | undefined
    for (let n = 0; refused === undefined && n < 20_000; n += 20) {
      const orgs = Array.from({ length: 20 }, (_, index) => `org-${n + index}`)
      const answers = await Promise.all(orgs.map((org) => put(url, org)))
      acknowledged.push(...orgs.filter((_, index) => answers[index]?.status === 200))
      refused = answers.find(({ status }) => status !== 200)
    }
    for (const answer of [refused, await put(url, 'one-more'), await put(url, 'two-more')]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect(answer?.body.detail).toMatch(/disk of .* is full/)
      expect(answer?.body.fix).toMatch(/Make room/)
      expect(answer?.took).toBeLessThan(5_000)
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    child.process.kill('SIGTERM')
    await child.ended

    const again = serve(env)
    const after = await listening(again)
    const known: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`
      const page = await fetch(`${after}/api/v1/orgs?limit=200${query}`, {
        headers: { authorization: `Bearer ${adminToken}` },
      })
      const { items, nextCursor } = (await page.json()) as { items: { id: string }[]; nextCursor: string | null }
      known.push(...items.map(({ id }) => id))
      cursor = nextCursor
    } while (cursor !== null)
    expect(acknowledged.filter((org) => !known.includes(org))).toEqual([])
    expect((await put(after, 'goes-on')).status).toBe(200)
    again.process.kill('SIGTERM')
    expect((await again.ended).code).toBe(0)
    rmSync(dataDir, { recursive: true, force: true })
  }, 180_000)
})

interface Problem {
  code: string
  detail: string
  fix: string
}

const adminToken = 'operator-token-of-the-faults-0000000000001'

import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canaryKeys } from '../support/canary.ts'
import { type Child, startChild } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { createTestDatabase } from '../support/postgres.ts'
import { openCall, readAnswer } from '../support/raw-call.ts'
import { startOwnkey } from '../support/running-server.ts'
import { end, head, script, signal, startUpstream, until, write } from '../support/upstream.ts'

const adminToken = 'operator-token-of-the-workers-000000000001'

describe('several workers that cannot start', () => {
  const start = async (more: Record<string, string>) => {
    const database = await createTestDatabase()
    const folder = mkdtempSync(join(tmpdir(), 'ownkey-workers-'))
    const child = startChild('serve', ['serve'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: String(await freePort()),
        DATABASE_URL: database.url,
        OWNKEY_DATA_DIR: join(folder, 'data'),
        OWNKEY_WORKERS: '2',
        OWNKEY_ADMIN_TOKEN: adminToken,
        ...more,
      },
    })
    const { code, stderr } = await child.ended
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
    return { code, stderr }
  }

  test('end at once with 1, and a bad configuration is told once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ownkey-config-'))
    const file = join(folder, 'ownkey.yaml')
    writeFileSync(file, 'plans:\n  standard:\n    byok: allways\n')
    const { code, stderr } = await start({ OWNKEY_CONFIG: file })
    rmSync(folder, { recursive: true, force: true })
    expect(code).toBe(1)
    expect(stderr.match(/:3:11 plans\.standard\.byok/g)).toHaveLength(1)
  })

  test('end with 1 where another program has the port', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { code, stderr } = await start({ PORT: String((taken.address() as AddressInfo).port) })
    taken.close()
    expect(code).toBe(1)
    expect(stderr).toContain('is taken by another program')
  })
})

describe('several workers on one PostgreSQL', () => {
  let folder: string
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let child: Child
  let url: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ownkey-workers-'))
    database = await createTestDatabase()
    const port = await freePort()
    child = startChild('serve', ['serve', '--json'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: String(port),
        DATABASE_URL: database.url,
        OWNKEY_DATA_DIR: join(folder, 'data'),
        OWNKEY_WORKERS: '2',
        OWNKEY_ADMIN_TOKEN: adminToken,
      },
    })
    url = (JSON.parse(await child.line((line) => line.startsWith('{"url"'))) as { url: string }).url
    await child.line((line) => child.lines.filter((one) => one.includes('"listening"')).length === 2 && line !== '')
  })
  const metrics = async () => {
    const headers = { authorization: `Bearer ${adminToken}`, connection: 'close' }
    const answer = await fetch(`${url}/metrics`, { headers })
    expect(answer.status).toBe(200)
    return answer.text()
  }
  afterAll(async () => {
    child.process.kill('SIGTERM')
    await child.ended
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('share the port', async () => {
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('keep their memory in one arena', () => {
    const arenas = pidsBelow(child.process.pid as number).map((pid) =>
      readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .find((one) => one.startsWith('MALLOC_ARENA_MAX')),
    )
    expect(arenas).toEqual(['MALLOC_ARENA_MAX=1', 'MALLOC_ARENA_MAX=1'])
  })

  test('tell the metrics of all of them, whoever is asked', async () => {
    const earlier = await metrics()
    // Each request on a connection of its own, so that they are shared out.
    for (let time = 0; time < 10; time++)
      await (await fetch(`${url}/openai/v1/models`, { headers: { connection: 'close' } })).text()
    const later = await metrics()
    const refused = (text: string) =>
      Number(/^ownkey_refusals_total\{code="token_missing"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    expect(refused(later) - refused(earlier)).toBe(10)
    expect(later).toMatch(/^ownkey_info\{version="[^"]+"\} 1$/m)
    expect(later).toMatch(/^ownkey_database_connections\{state="idle"\} \d+$/m)
  })

  test('let a sign-in link in once, whichever of them are asked at the same moment', async () => {
    const call = async (method: string, path: string, body: object) => {
      const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        // A connection for each, so that they are shared out.
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify(body),
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, string> }
    }
    await call('PUT', '/orgs/acme', { name: 'Acme', plan: 'standard' })
    for (let link = 0; link < 5; link++) {
      const made = await call('POST', '/sessions', { org: 'acme', user: { id: 'ada', role: 'owner' } })
      const code = new URL(made.body['url'] as string).searchParams.get('code')
      const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/sessions/exchange', { code })))
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 401)])
    }
  })

  test('are replaced when one ends by itself; a new one that starts while the configuration is read again reads it, too', async () => {
    const primary = child.process.pid as number
    const told = (event: string) => child.lines.filter((line) => line.includes(`"${event}"`)).length
    const before = pidsBelow(primary)
    process.kill(before[0] as number, 'SIGKILL')
    await child.line((line) => line.includes('"worker_ended"'))
    await expect
      .poll(() => pidsBelow(primary).some((pid) => !before.includes(pid)), { timeout: 60_000, interval: 5 })
      .toBe(true)
    child.process.kill('SIGHUP')
    await expect.poll(() => told('config_loaded'), { timeout: 60_000 }).toBe(2)
    expect([told('listening'), told('worker_ended')]).toEqual([3, 1])
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('are replaced when all of them end at once', async () => {
    const before = pidsBelow(child.process.pid as number)
    const listening = () => child.lines.filter((line) => line.includes('"listening"')).length
    const listened = listening()
    for (const pid of before) process.kill(pid, 'SIGKILL')
    const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status
    await expect.poll(isReady, { timeout: 60_000 }).toBe(200)
    expect(pidsBelow(child.process.pid as number).filter((pid) => before.includes(pid))).toEqual([])
    await expect.poll(listening, { timeout: 60_000 }).toBe(listened + 2)
  })

  test('leave nobody waiting whose connection was handed to one that dies before it takes it', async () => {
    const primary = child.process.pid as number
    const listening = () => child.lines.filter((line) => line.includes('"listening"')).length
    const listened = listening()
    const open = () => readdirSync(`/proc/${primary}/fd`).length
    const workers = pidsBelow(primary)
    for (const pid of workers) process.kill(pid, 'SIGSTOP')
    const before = open()
    // One for each worker, and two that wait in the primary for a worker to be free.
    const callers = Array.from({ length: 4 }, () => connect(Number(new URL(url).port), '127.0.0.1'))
    const over = callers.map(async (caller) => {
      caller.on('error', () => {}).resume()
      caller.write('GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      await new Promise((resolve) => caller.once('close', resolve))
    })
    await expect.poll(open, { timeout: 20_000 }).toBe(before + callers.length)
    for (const pid of workers) process.kill(pid, 'SIGKILL')
    await Promise.all(over)
    await expect.poll(listening, { timeout: 60_000 }).toBe(listened + 2)
  }, 80_000)

  test('end with the primary, in order, with exit code 0, also where one is just about to be replaced', async () => {
    const ends = () => child.lines.filter((line) => line.includes('"worker_ended"')).length
    const before = ends()
    process.kill(pidsBelow(child.process.pid as number)[0] as number, 'SIGKILL')
    await expect.poll(ends, { interval: 5 }).toBe(before + 1)
    child.process.kill('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0, signal: null })
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})

test.each([
  ['are asked to stop', 'SIGTERM', { code: 0, signal: null }],
  ['lose their primary', 'SIGKILL', { code: null, signal: 'SIGKILL' }],
] as const)('workers that %s let a stream come to its end, and settle it', async (_, signalled, ending) => {
  const upstream = await startUpstream()
  const done = signal()
  const event = 'data: {"choices":[]}\n\n'
  const rest = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\ndata: [DONE]\n\n'
  const begin = [head(200, { 'content-type': 'text/event-stream' }), write(event)]
  upstream.on('/v1/chat/completions', script(...begin, until(done.raised), write(rest), end()))
  const ownkey = await startOwnkey({
    process: 'child',
    database: 'postgres',
    config: {
      providers: { openai: { baseUrl: upstream.origin } },
      features: { assistant: { title: 'Assistant' } },
      plans: { standard: { verify: 'format_only', fallback: { mode: 'never' } } },
    },
    env: { OWNKEY_WORKERS: '2' },
  })
  await ownkey.putOrg('acme')
  await ownkey.putKey('acme', 'openai', canaryKeys.openai)
  const headers = { authorization: `Bearer ${await ownkey.token({ org: 'acme', feature: 'assistant' })}` }
  const body = '{"model":"test-model","stream":true,"stream_options":{"include_usage":true},"messages":[]}'
  const path = '/openai/v1/chat/completions'
  const reading = readAnswer(await openCall(ownkey.url, { method: 'POST', path, headers, body }))
  const { process: primary, ended } = ownkey.child()
  const workers = pidsBelow(primary.pid as number)
  const askedAt = performance.now()
  primary.kill(signalled)
  await new Promise((resolve) => setTimeout(resolve, askedAt + 3_000 - performance.now()))
  done.raise()
  const answer = await reading
  expect([answer.broken, answer.text]).toEqual([false, event + rest])
  expect(await ended).toMatchObject(ending)
  await expect.poll(() => workers.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 }).toEqual([])
  await ownkey.atRest(async (database) => {
    expect(await database.query('select state, estimated, output_tokens from entries')).toEqual([
      { state: 'settled', estimated: false, output_tokens: 2 },
    ])
  })
  await ownkey.close()
  await upstream.close()
})

/** Child processes, from Linux's own list. */
function pidsBelow(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

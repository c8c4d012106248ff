import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Child, startChild } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { createTestDatabase } from '../support/postgres.ts'
import { listening } from '../support/postgres-server.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-signals-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a signal that comes while the program is being loaded', () => {
  /** The command with a program behind it that gets the signal as it is loaded. */
  async function begun(command: string, signal: NodeJS.Signals) {
    cpSync(join(import.meta.dirname, '../../bin'), join(folder, 'bin'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    mkdirSync(join(folder, 'dist', 'cli'), { recursive: true })
    writeFileSync(
      join(folder, 'dist', 'cli', 'index.js'),
      `process.kill(process.pid, '${signal}')
      // It goes on once it has heard SIGHUP; any other signal has to end it.
      const alive = setInterval(() => {}, 1000)
      await new Promise((resolve) => '${signal}' === 'SIGHUP' && process.once('SIGHUP', resolve))
      clearInterval(alive)
      export const run = async () => 7`,
    )
    const child = spawn(process.execPath, [join(folder, 'bin', 'ownkey.js'), command], { stdio: 'ignore' })
    return new Promise((resolve) => child.on('close', (code, killedBy) => resolve(code ?? killedBy)))
  }

  test.each([
    ['SIGHUP lets a server go on', 'serve', 'SIGHUP', 7],
    ['SIGTERM ends it in order', 'serve', 'SIGTERM', 0],
    ['SIGINT ends it in order', 'serve', 'SIGINT', 0],
    ['SIGHUP ends another command', 'check', 'SIGHUP', 'SIGHUP'],
    ['SIGTERM ends another command', 'check', 'SIGTERM', 'SIGTERM'],
  ] as const)('%s', async (_, command, signal, ending) => {
    expect(await begun(command, signal)).toBe(ending)
  })
})

describe.each([
  ['one process', '1'],
  ['several workers', '2'],
])('SIGTERM while the database has not answered yet: %s', (_, workers) => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let line: Awaited<ReturnType<typeof heldLine>>
  let child: Child

  beforeEach(async () => {
    database = await createTestDatabase()
    line = await heldLine(database.url)
    child = startChild('serve', ['serve', '--sandbox'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        PORT: String(await freePort()),
        DATABASE_URL: line.url,
        OWNKEY_DATA_DIR: join(folder, 'data'),
        OWNKEY_WORKERS: workers,
      },
    })
    await line.asked
  })
  afterEach(async () => {
    child.process.kill('SIGKILL')
    await child.ended
    await line.close()
    await database.drop()
  })

  test('ends the start in order, and nobody is told how to begin', async () => {
    child.process.kill('SIGTERM')
    await child.line((one) => one.includes('"stopping"'))
    line.open()
    expect(await child.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(child.lines.filter((one) => !one.startsWith('{'))).toEqual([])
  })
})

/** A line to PostgreSQL on which nothing passes until it is opened. */
async function heldLine(databaseUrl: string) {
  const target = new URL(databaseUrl)
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let ask = () => {}
  const asked = new Promise<void>((resolve) => {
    ask = resolve
  })
  const server = createServer((near) => {
    ask()
    void opened.then(() => {
      const far = connect(Number(target.port), target.hostname)
      near.on('error', () => far.destroy()).pipe(far)
      far.on('error', () => near.destroy()).pipe(near)
    })
  })
  const url = new URL(databaseUrl)
  url.port = String(await listening(server))
  return { url: url.href, asked, open, close: () => new Promise((resolve) => server.close(resolve)) }
}

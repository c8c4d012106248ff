import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Child, startChild } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { createTestDatabase } from '../support/postgres.ts'

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
      },
    })
    url = (JSON.parse(await child.line((line) => line.startsWith('{"url"'))) as { url: string }).url
    await child.line((line) => child.lines.filter((one) => one.includes('"listening"')).length === 2 && line !== '')
  })
  afterAll(async () => {
    child.process.kill('SIGTERM')
    await child.ended
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('share the port', async () => {
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('are replaced when one ends by itself', async () => {
    const [worker] = pidsBelow(child.process.pid as number)
    process.kill(worker as number, 'SIGKILL')
    await child.line((line) => line.includes('"worker_ended"'))
    await expect
      .poll(() => child.lines.filter((line) => line.includes('"listening"')).length, { timeout: 20_000 })
      .toBe(3)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('end with the primary, in order, with exit code 0', async () => {
    child.process.kill('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0, signal: null })
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})

/** Child processes, from Linux's own list. */
function pidsBelow(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

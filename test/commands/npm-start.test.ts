import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, takePort } from '../support/free-port.ts'
import { npmStart, type Started } from '../support/npm-start.ts'

const root = join(import.meta.dirname, '../..')
const ready = /-d '\{.*\}'\n/

/** The shell blocks of the README, in order. */
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? '',
)

describe('npm start', () => {
  let folder: string
  let port: number
  let env: Record<string, string>
  let first: Started

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ownkey-start-'))
    port = await freePort()
    env = { PORT: String(port), OWNKEY_DATA_DIR: join(folder, 'data') }
    first = npmStart(env)
    // The first run may have to build.
    await first.shows(ready)
  }, 180_000)
  afterAll(async () => {
    first.process.kill('SIGTERM')
    await first.ended
    rmSync(folder, { recursive: true, force: true })
  })

  const shell = (command: string, more: Record<string, string> = {}) =>
    execFileSync('sh', ['-c', command], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', ...env, ...more },
    })
  const pasted = (output: string) => /( {2}curl [\s\S]*?'\n)/.exec(output)?.[1] ?? ''

  test('prints a request that answers as it is pasted', () => {
    expect(JSON.parse(shell(`curl -s ${pasted(first.output()).trim().slice('curl '.length)}`))).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: expect.stringContaining('sandbox') } }],
    })
  })

  test('prints a sign-in link that opens a page, whose code works once', async () => {
    const [, link, code] = /(http\S+\/signin\?code=(\S+))/.exec(first.output()) ?? []
    const page = await fetch(link as string)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const exchange = () =>
      fetch(`http://127.0.0.1:${port}/api/v1/sessions/exchange`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      })
    expect((await exchange()).status).toBeLessThan(300)
    expect((await exchange()).status).toBeGreaterThanOrEqual(400)
  })

  test.each(blocks.filter((block) => !/^npm /.test(block)))('makes the README’s command true: %s', (block) => {
    const [, token = ''] = /Bearer (okt_\S+)"/.exec(first.output()) ?? []
    const adminToken = readFileSync(join(folder, 'data', 'admin-token'), 'utf8').trim()
    const command = block
      .replaceAll('http://127.0.0.1:8787', `http://127.0.0.1:${port}`)
      .replace(/^curl /, 'curl -s --fail-with-body ')
    const output = shell(command, { OWNKEY_TOKEN: token, OWNKEY_ADMIN_TOKEN: adminToken })
    expect(output).not.toBe('')
  })

  test('names the two commands of the README', () => {
    expect(blocks.filter((block) => /^npm /.test(block))).toEqual(['npm start\n', 'npm test\n'])
  })

  test('started again, builds nothing, keeps everything and prints the same request', async () => {
    const before = pasted(first.output())
    first.process.kill('SIGTERM')
    await first.ended
    expect(first.output()).toContain('"event":"stopped"')
    first = npmStart(env)
    await first.shows(ready)
    expect(first.output()).not.toContain('Building')
    expect(pasted(first.output())).toBe(before)
  })
})

describe('npm start says what is wrong', () => {
  test('when the port is taken, with the port and another one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ownkey-start-'))
    const taken = await takePort()
    const started = npmStart({ PORT: String(taken.port), OWNKEY_DATA_DIR: join(folder, 'data') })
    expect(await started.ended).toBe(1)
    expect(started.output()).toContain(`Port ${taken.port} on 127.0.0.1 is taken by another program.`)
    expect(started.output()).toContain(`PORT=${taken.port + 1} npm start`)
    taken.server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('when production lacks what it must have, all at once', async () => {
    const started = npmStart({ NODE_ENV: 'production' })
    expect(await started.ended).toBe(1)
    for (const name of ['DATABASE_URL', 'BYOK_ENCRYPTION_KEY', 'OWNKEY_ADMIN_TOKEN'])
      expect(started.output()).toContain(name)
  })
})

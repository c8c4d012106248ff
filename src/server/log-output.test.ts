import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../test/support/free-port.ts'

const program = fileURLToPath(new URL('../../test/support/children/serve.ts', import.meta.url))

test('a server whose log has no room serves all the same, and ends when it is told to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-log-'))
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'serve'], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'ignore'],
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), OWNKEY_DATA_DIR: join(folder, 'data') },
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const ended = new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal)))
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok
  await expect.poll(isReady, { timeout: 40_000 }).toBe(true)
  // Each line is another try.
  for (let reload = 0; reload < 3; reload++) {
    child.kill('SIGHUP')
    expect(await isReady()).toBe(true)
  }
  child.kill('SIGTERM')
  expect(await ended).toBe(null)
}, 60_000)

import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../test/support/children/serve.ts', import.meta.url))

/** The command in a process of its own, with this as its standard output; a pipe is closed before anything is said. */
function ownkey(stdout: 'pipe' | number, ...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    env: { PATH: process.env['PATH'] ?? '' },
  })
  child.stdout?.destroy()
  let stderr = ''
  child.stderr?.on('data', (part) => (stderr += part))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })))
}

test.each([[['--help']], [['check', '--json']]])('%j into a pipe that nobody reads ends as it would', async (args) => {
  expect(await ownkey('pipe', ...args)).toEqual({ code: 0, stderr: '' })
})

test('a command that is called wrongly says so with its exit code, whoever reads', async () => {
  expect(await ownkey('pipe', 'chek', '--json')).toEqual({ code: 2, stderr: '' })
})

test('output that does not fit on its disk is a failure', async () => {
  expect(await ownkey(openSync('/dev/full', 'w'), 'check')).toEqual({
    code: 1,
    stderr: 'The output could not be written (ENOSPC).\n',
  })
})

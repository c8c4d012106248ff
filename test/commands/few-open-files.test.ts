import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** Runs a command that may open so many files at once. */
function withFiles(limit: number, args: readonly string[], env: Record<string, string> = {}) {
  const command = ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, ...args]
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile('/bin/sh', command, { env: { PATH: process.env['PATH'] ?? '', ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  )
}

test('a command that may open too few files to be loaded says so, and what to do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-files-'))
  cpSync(join(import.meta.dirname, '../../bin'), join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  mkdirSync(join(folder, 'dist', 'cli'), { recursive: true })
  const parts = Array.from({ length: 300 }, (_, number) => `part-${number}.js`)
  for (const part of parts) writeFileSync(join(folder, 'dist', 'cli', part), 'export {}')
  const program = [...parts.map((part) => `import './${part}'`), 'export const run = async () => 7']
  writeFileSync(join(folder, 'dist', 'cli', 'index.js'), program.join('\n'))
  const bin = join(folder, 'bin', 'ownkey.js')
  const { code, stderr } = await withFiles(60, [bin, 'check'])
  expect(code).toBe(1)
  expect(stderr.trimEnd()).toMatch(/^Too few files may be open at once[^\n]*\n[^\n]*ulimit -n 65536[^\n]*$/)
  expect((await withFiles(900, [bin, 'check'])).code).toBe(7)
  rmSync(folder, { recursive: true, force: true })
})

test('a limit far below what a server needs is told before it is met', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ownkey-files-'))
  const serve = fileURLToPath(new URL('../support/children/serve.ts', import.meta.url))
  const { stdout } = await withFiles(900, ['--import', 'tsx', serve, 'doctor'], { OWNKEY_DATA_DIR: data, PORT: '1' })
  expect(stdout).toMatch(/environment: development; This process may open 900 files at once[^\n]*ulimit -n/)
  rmSync(data, { recursive: true, force: true })
})

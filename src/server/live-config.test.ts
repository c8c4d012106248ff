import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readEnvironment } from './environment.ts'
import { createLiveConfig } from './live-config.ts'
import { createLog } from './log.ts'

test('a reading that finds a mistake in the program itself leaves the old version in force, and says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-live-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'ownkey.yaml')
  writeFileSync(file, 'platform: { name: Acme }\n')
  const lines: string[] = []
  const log = createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } })
  let isBroken = false
  const variables = () => {
    if (isBroken) throw new RangeError('canary')
    return {}
  }
  const environment = { ...readEnvironment({ configFile: file }, {}), variables }
  const live = createLiveConfig({ environment, sandbox: false, log })
  isBroken = true
  expect(live.reload()).toBe(false)
  expect(live.current().config.platform.name).toBe('Acme')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'config_refused', file, error: { name: 'RangeError' } })
  expect(lines.join()).not.toContain('canary')
  isBroken = false
  expect(live.reload()).toBe(true)
})

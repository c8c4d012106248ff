import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { canaries, canaryKeys, canaryPrompts, canarySandboxKeys } from '../test/support/canary.ts'
import { startOwnkey } from '../test/support/running-server.ts'
import { searchFolder } from './canary-search.ts'

function findingsIn(text: string | Buffer): string[] {
  // Outside OWNKEY_TEST_LOGS: what is planted here must not be found by the run's own search.
  const place = mkdtempSync(join(tmpdir(), 'ownkey-canary-'))
  try {
    writeFileSync(join(place, 'file'), text)
    return searchFolder(place).findings
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

describe('the canary search', () => {
  const key = canaryKeys.anthropic
  const secret = key.slice('sk-ant-'.length)
  const prompt = canaryPrompts[0]

  test.each([
    ['plain', key],
    ['its first secret characters, without the public prefix', secret.slice(0, 8)],
    ['its last eight characters', key.slice(-8)],
    ['base64', Buffer.from(key).toString('base64')],
    ['base64 behind one byte', Buffer.from(`x${key}yz`).toString('base64')],
    ['base64 behind two bytes', Buffer.from(`xx${key}`).toString('base64')],
    ['base64 of its beginning alone', Buffer.from(secret.slice(0, 8)).toString('base64')],
    ['base64url', Buffer.from(`{"k":"${prompt}"}`).toString('base64url')],
    ['URL-encoded', encodeURIComponent(prompt)],
    ['form-encoded', new URLSearchParams({ prompt }).toString()],
    ['JSON', JSON.stringify({ prompt })],
    ['hex', Buffer.from(key).toString('hex')],
  ])('finds a canary in %s', (_form, text) => {
    expect(findingsIn(`before ${text} after`)).not.toEqual([])
  })

  test.each(canaries().map(({ name, text }) => [name, text]))(
    'knows the %s, and tells the file and what it is',
    (name, text) => {
      const findings = findingsIn(`{"authorization":"Bearer ${text}"}`)
      expect(findings.filter((line) => line.includes(name as string)).join()).toMatch(/\/file: .*, whole/)
    },
  )

  test('finds one that lies across two parts of a large file', () => {
    const size = 4 * 1024 * 1024
    expect(
      findingsIn(Buffer.concat([Buffer.alloc(size - 20, 46), Buffer.from(key), Buffer.alloc(100, 46)])),
    ).not.toEqual([])
  })

  test('finds nothing in masked keys', () => {
    const masked = canaries().map(({ text }) => `${text.slice(0, 3)}...${text.slice(-4)}`)
    expect(findingsIn(`${masked.join(' ')} Bearer okt_abc`)).toEqual([])
  })

  test('never prints the text it found', () => {
    for (const { text, telling } of canaries()) {
      const said = findingsIn(text).join('\n')
      for (const part of [text, ...telling]) expect(said).not.toContain(part)
    }
  })
})

describe('what a run leaves behind', () => {
  let logs: string
  beforeEach(() => {
    // Away from this run's own evidence: what is planted here must not be found there.
    logs = mkdtempSync(join(tmpdir(), 'ownkey-planted-'))
    vi.stubEnv('OWNKEY_TEST_LOGS', logs)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(logs, { recursive: true, force: true })
  })

  test('is found in rows and answers of a server that told it', async () => {
    // The embedded database: the tests' PostgreSQL is shared, and what is planted there would stay in its log.
    const ownkey = await startOwnkey()
    await ownkey.putOrg('planted', { name: `The key is ${canaryKeys.gemini}` })
    await ownkey.close()
    const { findings, kinds } = searchFolder(logs)
    const whole = findings.filter((line) => line.includes('key (gemini), whole'))
    expect(new Set(whole.map((line) => /([^/]+): /.exec(line)?.[1]))).toEqual(new Set(['rows.txt', 'answers.txt']))
    expect(kinds['log.jsonl']).toBe(1)
  })

  test('is nothing where keys and prompts only passed', async () => {
    const ownkey = await startOwnkey({ sandbox: true })
    await ownkey.putOrg('quiet')
    await ownkey.putKey('quiet', 'openai', canarySandboxKeys.openai)
    const token = await ownkey.token({ org: 'quiet', feature: 'assistant' })
    const answer = await fetch(`${ownkey.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: canaryPrompts[0] }] }),
    })
    expect([answer.status, answer.headers.get('ownkey-key-source')]).toEqual([200, 'organization'])
    await answer.text()
    await ownkey.close()
    const { findings, files } = searchFolder(logs)
    expect(findings).toEqual([])
    expect(files).toBeGreaterThanOrEqual(3)
  })

  test('fails the command, with the file and the kind and without the canary', () => {
    writeFileSync(join(logs, 'log.jsonl'), `{"event":"oops","key":"${canaryKeys.openai}"}\n`)
    const { status, output } = runSearch()
    expect(status).toBe(1)
    expect(output).toContain(`${join(logs, 'log.jsonl')}: key (openai), whole`)
    expect(output).not.toContain(canaryKeys.openai.slice(3, 11))
  })

  test('passes the command when it is clean, and fails when a whole run left nothing to search', () => {
    writeFileSync(join(logs, 'log.jsonl'), '{"event":"listening"}\n')
    expect(runSearch().status).toBe(0)
    const whole = runSearch('--whole-run')
    expect(whole.status).toBe(1)
    expect(whole.output).toContain('No rows.txt was left to be searched')
  })

  function runSearch(...args: string[]): { status: number | null; output: string } {
    const tsx = fileURLToPath(import.meta.resolve('tsx/cli'))
    const script = fileURLToPath(new URL('./canary-search.ts', import.meta.url))
    const result = spawnSync(process.execPath, [tsx, script, ...args], { encoding: 'utf8', env: process.env })
    return { status: result.status, output: result.stdout + result.stderr }
  }
})

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type EnvironmentError, readEnvironment } from './environment.ts'

const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64')
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://ownkey:pw@127.0.0.1/ownkey',
  BYOK_ENCRYPTION_KEY: key,
  OWNKEY_ADMIN_TOKEN: 'a'.repeat(16) + 'b'.repeat(16),
}

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    readEnvironment({}, source)
    return []
  } catch (error) {
    return (error as EnvironmentError).problems
  }
}

describe('the environment', () => {
  test('needs nothing in development', () => {
    const environment = readEnvironment({}, {})
    expect(environment).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 8787,
      workers: 1,
      logLevel: 'info',
    })
    expect(environment.dataDir).toMatch(/\.ownkey$/)
    expect(environment.masterKey).toBeUndefined()
  })

  test('is complete in production, and then runs one worker per core', () => {
    expect(problemsOf(production)).toEqual([])
    expect(readEnvironment({}, production).workers).toBeGreaterThanOrEqual(1)
  })

  test.each([
    ['BYOK_ENCRYPTION_KEY', /BYOK_ENCRYPTION_KEY is not set.*openssl/],
    ['DATABASE_URL', /DATABASE_URL is not set.*embedded database is refused/],
    ['OWNKEY_ADMIN_TOKEN', /OWNKEY_ADMIN_TOKEN must have at least 32 characters/],
  ])('refuses production without %s and says how to mend it', (name, sentence) => {
    const { [name]: _left, ...rest } = production as Record<string, string>
    expect(problemsOf(rest)).toEqual([expect.stringMatching(sentence)])
  })

  test('refuses a short operator token in production only', () => {
    expect(problemsOf({ ...production, OWNKEY_ADMIN_TOKEN: 'short' })).toHaveLength(1)
    expect(problemsOf({ OWNKEY_ADMIN_TOKEN: 'short' })).toEqual([])
  })

  test.each(['0x50', '-1', '65536', 'http', '80 80'])('refuses PORT=%s', (PORT) => {
    expect(problemsOf({ PORT })).toEqual(['PORT must be a whole number from 0 to 65535.'])
  })

  test('refuses several workers on the embedded database', () => {
    expect(problemsOf({ OWNKEY_WORKERS: '2' })).toEqual([expect.stringMatching(/needs PostgreSQL/)])
  })

  test('refuses what is no PostgreSQL address without repeating it', () => {
    for (const rest of ['127.0.0.1:1,127.0.0.2:2/ownkey', 'a.test,b.test/ownkey', '127.0.0.1:99999/ownkey'])
      expect(problemsOf({ DATABASE_URL: `postgres://u:pw@${rest}` })).toEqual([expect.stringContaining('one host')])
    expect(problemsOf({ DATABASE_URL: 'postgres://u:hash#tag@127.0.0.1/ownkey' })[0]).toContain('%23')
    const [problem] = problemsOf({ DATABASE_URL: 'mysql://root:hunter2@db/ownkey' })
    expect(problem).toMatch(/postgres:\/\//)
    expect(problem).not.toContain('hunter2')
  })

  test('leaves it to the reader to say why a configuration file cannot be looked at', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ownkey-environment-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'ownkey.yaml')
    symlinkSync(file, file)
    expect(readEnvironment({ configFile: file }, {}).configFile).toBe(file)
  })

  test('names a configuration file that is not there', () => {
    expect(problemsOf({ OWNKEY_CONFIG: '/nowhere/ownkey.yaml' })).toEqual([
      expect.stringContaining('The configuration file /nowhere/ownkey.yaml does not exist: name an existing one'),
    ])
  })

  test('warns of names that are nearly its own, and of no others', () => {
    const others = { OWNKEY_PORT: 'tcp://10.0.0.1:80', OWNKEY_SERVICE_HOST: '10.0.0.1', OWNKEYDATADIR: 'x' }
    expect(readEnvironment({}, { ...others, OWNKEY_DATA_DIR: '/tmp/x', OWNKEY_TOKEN: 'okt_1' }).warnings).toEqual([])
    expect(readEnvironment({}, { OWNKEY_DATADIR: '/tmp/x', OWNKEY_WORKER: '2' }).warnings).toEqual([
      'OWNKEY_DATADIR is not read. Did you mean OWNKEY_DATA_DIR?',
      'OWNKEY_WORKER is not read. Did you mean OWNKEY_WORKERS?',
    ])
  })

  test.each(['prod', 'Production', 'PROD'])('warns that NODE_ENV=%s is not production', (text) => {
    expect(readEnvironment({}, { NODE_ENV: text }).warnings).toEqual([expect.stringContaining('as in development')])
  })

  test('tells all problems at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'loud', HOST: 'a b' })).toHaveLength(3)
  })

  test('shows no secret when it is printed', () => {
    const environment = readEnvironment({}, production)
    expect(JSON.stringify(environment)).not.toContain(key)
    expect(JSON.stringify(environment)).not.toContain(':pw@')
  })
})

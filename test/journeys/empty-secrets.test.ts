/** Threat 28: nothing starts on a secret that is empty or that anybody can guess, wherever it is given. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateMasterKey } from '../../src/crypto/index.ts'
import { createLog, readEnvironment, startServer } from '../../src/server/index.ts'
import { startChild } from '../support/child.ts'
import { rawCall } from '../support/raw-call.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ownkey-empty-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const production = {
  NODE_ENV: 'production',
  // Nobody listens there: what is refused is refused before the database is asked.
  DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:9/nothing',
  BYOK_ENCRYPTION_KEY: generateMasterKey(),
  OWNKEY_ADMIN_TOKEN: 'a-token-of-the-operator-that-is-long-enough',
  OWNKEY_WORKERS: '1',
}
const base64 = (bytes: Buffer) => bytes.toString('base64')

/** Starts a server as the command does. @returns what kept it from starting; undefined: it started */
async function refusal(env: Readonly<Record<string, string>>, config?: object): Promise<string | undefined> {
  const file = join(folder, 'ownkey.yaml')
  if (config) writeFileSync(file, JSON.stringify(config))
  const source = { PORT: '0', OWNKEY_DATA_DIR: join(folder, 'data'), ...(config && { OWNKEY_CONFIG: file }), ...env }
  try {
    const environment = readEnvironment({}, source)
    const server = await startServer({ environment, sandbox: false, log: createLog({ level: 'silent' }) })
    await server.close()
    return undefined
  } catch (error) {
    return String((error as Error).message)
  }
}

describe('in production', () => {
  test.each([
    ['BYOK_ENCRYPTION_KEY', ['', '   ', 'main:', 'main:,', ',', base64(Buffer.alloc(32)), base64(Buffer.alloc(31, 7))]],
    ['OWNKEY_ADMIN_TOKEN', ['', '   ', 'x', 'a'.repeat(31)]],
  ])('%s that is empty or weak keeps the server from starting', async (name, values) => {
    for (const value of values) {
      const told = await refusal({ ...production, [name]: value })
      expect(told, JSON.stringify(value)).toContain(name)
    }
  })

  test('with what it needs it gets as far as the database', async () => {
    const told = await refusal(production)
    expect(told).toBeDefined()
    expect(told).not.toMatch(/BYOK_ENCRYPTION_KEY|OWNKEY_ADMIN_TOKEN/)
  })
})

describe('in the configuration', () => {
  const hook = (secret: string) => ({ webhooks: [{ url: 'https://hooks.example.com/', secret }] })
  const weak = [
    '',
    ' ',
    'whsec_',
    `whsec_${base64(Buffer.alloc(32))}`,
    `whsec_${base64(Buffer.from('short'))}`,
    'secret',
  ]
  const configurations: [what: string, config: object][] = [
    ...weak.map((secret): [string, object] => [`a webhook secret of ${JSON.stringify(secret)}`, hook(secret)]),
    ['a webhook secret from a variable that is empty', hook('${NOTHING}')],
    ['a webhook secret that is empty behind its prefix', hook('whsec_${NOTHING}')],
    ['a platform key of nothing', { providers: { openai: { platformKey: '' } } }],
    ['a platform key from a variable that is empty', { providers: { openai: { platformKey: '${NOTHING}' } } }],
    ['a platform key from a variable of spaces', { providers: { openai: { platformKey: '${SPACES}' } } }],
    [
      'a client secret of nothing',
      {
        signIn: {
          oidc: { issuer: 'https://id.example.com', clientId: 'x', clientSecret: '', allowedEmails: ['a@b.c'] },
        },
      },
    ],
  ]
  test.each(configurations)('%s keeps the server from starting', async (_what, config) => {
    const told = await refusal({ NOTHING: '', SPACES: '   ' }, config)
    expect(told).toMatch(/secret|platformKey|clientSecret|NOTHING/i)
  })
})

test('the command says so and ends with an error', async () => {
  const { ended } = startChild('serve', ['serve'], {
    loader: 'tsx',
    env: { PATH: process.env['PATH'] ?? '', ...production, OWNKEY_ADMIN_TOKEN: '', BYOK_ENCRYPTION_KEY: '' },
  })
  const { code, stderr } = await ended
  expect(code).toBeGreaterThan(0)
  expect(stderr).toContain('OWNKEY_ADMIN_TOKEN')
  expect(stderr).toContain('BYOK_ENCRYPTION_KEY')
})

test('in development an empty token of the operator becomes a random one, and no empty one is let in', async () => {
  const environment = readEnvironment({}, { PORT: '0', OWNKEY_DATA_DIR: join(folder, 'dev'), OWNKEY_ADMIN_TOKEN: ' ' })
  const server = await startServer({ environment, sandbox: false, log: createLog({ level: 'silent' }) })
  try {
    expect(server.adminToken.reveal().length).toBeGreaterThan(40)
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Bearer  ', 'bearer undefined', 'Bearer null', 'Basic Og=='])
      for (const path of ['/api/v1/orgs', '/metrics', '/api/v1/sessions/current']) {
        const { status } = await rawCall(server.url, { path, headers: { authorization } })
        expect(status, `${path} ${JSON.stringify(authorization)}`).toBe(401)
      }
  } finally {
    await server.close()
  }
})

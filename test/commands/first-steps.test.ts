import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stepsToRequest } from '../../src/cli/steps-to-request.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'

const folder = join(import.meta.dirname, '../../profiles')
const variables = Object.fromEntries(
  ['OPENAI', 'GEMINI', 'ANTHROPIC', 'SARVAM', 'ELEVENLABS'].map((name) => [`${name}_API_KEY`, 'sandbox-ok']),
)
const none = 'plans: { mine: { holder: user } }\nfeatures: { talk: { title: Talk, capability: text_to_speech } }\n'
const other = `
features: { vectors: { title: Vectors, capability: embeddings }, talks: { title: Talks, capability: chat, providers: [anthropic] } }
plans:
  closed: { byok: never }
  open: { byok: by_operator, providers: { gemini: optional, anthropic: required, "*": unavailable }, credits: { ownKey: 2, platformKey: 9 } }
`

const profiles = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const configs: [string, string][] = [
  ['one without the usual names', other],
  ...profiles.map((name): [string, string] => [name, readFileSync(join(folder, name), 'utf8')]),
]

const run = promisify(execFile)
const shell = async (command: string, env: Record<string, string>) =>
  (await run('sh', ['-c', command], { env: { PATH: process.env['PATH'] ?? '', ...env } })).stdout

/** Only users' own keys there, or only platform keys for other things than a chat. */
const withoutSteps = ['customer-research.yaml']

describe.each(configs)('the steps to a first request with %s', (name, config) => {
  let ownkey: RunningOwnkey
  beforeAll(async () => {
    ownkey = await startOwnkey({ config, sandbox: true, env: variables })
  })
  afterAll(() => ownkey?.close())

  test('lead to an answer as they are pasted, twice', async () => {
    const { body } = await ownkey.api('GET', '/config')
    const steps = stepsToRequest(body.config, { url: ownkey.url, adminToken: '$OWNKEY_ADMIN_TOKEN' })
    expect(steps.length === 0).toBe(withoutSteps.includes(name))
    const script = steps.slice(2).join('\n')
    for (let pasted = 0; pasted < (script === '' ? 0 : 2); pasted++) {
      const said = await shell(`set -e\n${script}`, { OWNKEY_ADMIN_TOKEN: ownkey.adminToken })
      expect(said).toContain('"chat.completion"')
      expect(said).toContain('sandbox')
    }
  })
})

test('a configuration that serves no chat by an organization’s key has none', async () => {
  const ownkey = await startOwnkey({ config: none, sandbox: true })
  const { body } = await ownkey.api('GET', '/config')
  expect(stepsToRequest(body.config, { url: ownkey.url, adminToken: 'x' })).toEqual([])
  await ownkey.close()
})

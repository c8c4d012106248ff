/** Every example and every snippet of the README, run as a reader would run it. */
import { execFile, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { on } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type RunningOwnkey, startOwnkey } from '../support/running-server.ts'

const root = join(import.meta.dirname, '../..')
const examples = join(root, 'examples')
const snippets = (page: string, language: string) => {
  const blocks = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g')
  return [...readFileSync(join(root, page), 'utf8').matchAll(blocks)].map((match) => match[1] as string)
}
/** Runs TypeScript without a build. */
const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs')

let ownkey: RunningOwnkey
let env: Record<string, string>

beforeAll(async () => {
  ownkey = await startOwnkey({ sandbox: true })
  await ownkey.putOrg('reader')
  for (const provider of ['openai', 'anthropic', 'gemini', 'elevenlabs', 'sarvam'])
    await ownkey.putKey('reader', provider, 'sandbox-ok-of-the-reader')
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    OWNKEY_URL: ownkey.url,
    OWNKEY_ADMIN_TOKEN: ownkey.adminToken,
    OWNKEY_TOKEN: await ownkey.token({ org: 'reader', feature: 'assistant' }),
  }
})
afterAll(() => ownkey?.close())

const run = async (command: string, ...args: string[]) =>
  (await promisify(execFile)(command, args, { cwd: root, env, encoding: 'utf8' })).stdout
const here = (text: string) => text.replaceAll('127.0.0.1:8787', new URL(ownkey.url).host)

/** Runs a text as a file of the project, so that its imports are found. */
async function runAs(name: string, text: string, command: string, ...args: string[]): Promise<string> {
  const file = join(examples, name)
  writeFileSync(file, text)
  try {
    return await run(command, ...args, file)
  } finally {
    rmSync(file, { force: true })
  }
}

describe('the examples', () => {
  test.each(['openai.mjs', 'anthropic.mjs', 'gemini.mjs'])('%s gets an answer', async (name) => {
    expect(await run(process.execPath, join(examples, name))).toMatch(/sandbox/i)
  })

  test('first-requests.sh makes a customer and is answered on their key', async () => {
    const output = await run('sh', join(examples, 'first-requests.sh'))
    expect(output).toMatch(/ownkey-key-source: organization/i)
    expect(output).toContain('"chat.completion"')
  })

  test('sessions-backend.mjs leads to the settings page and asks on whose key the decision says', async () => {
    const port = await freePort()
    const child = spawn(process.execPath, [join(examples, 'sessions-backend.mjs')], {
      env: { ...env, EXAMPLE_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve))
      const settings = await fetch(`http://127.0.0.1:${port}/ai-settings`, { redirect: 'manual' })
      expect([settings.status, settings.headers.get('location')]).toEqual([
        302,
        expect.stringContaining('/signin?code='),
      ])
      const asked = await fetch(`http://127.0.0.1:${port}/ask`, { method: 'POST' })
      expect(await asked.json()).toMatchObject({ source: 'platform', answer: { object: 'chat.completion' } })
    } finally {
      child.kill()
    }
  })

  test('webhook-receiver.mjs does once what a genuine delivery tells, and nothing for another', async () => {
    const port = await freePort()
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    const url = `http://127.0.0.1:${port}/ownkey`
    const child = spawn(process.execPath, [join(examples, 'webhook-receiver.mjs')], {
      env: { ...env, EXAMPLE_PORT: String(port), OWNKEY_WEBHOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = on(createInterface(child.stdout), 'line')
    const nextLine = async () => ((await lines.next()).value as string[])[0]
    const telling = await startOwnkey({
      sandbox: true,
      config: { plans: { standard: {} }, webhooks: [{ url, secret, events: ['key.set'] }] },
    })
    try {
      expect(await nextLine()).toBe(url)
      await telling.putOrg('teller')
      await telling.putKey('teller', 'openai', 'sk-sandbox-ok-of-teller')
      expect(await nextLine()).toBe('teller brought a key for openai: sk-...ller')
      const send = (signature: string, id = 'evt_1') => {
        const body = JSON.stringify({
          type: 'key.set',
          data: { org: 'other', detail: { provider: 'openai', hint: '' } },
        })
        const timestamp = Math.floor(Date.now() / 1000)
        const sign = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${timestamp}.${body}`)
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature.replace('right', sign.digest('base64')),
        }
        return fetch(url, { method: 'POST', headers, body })
      }
      expect((await send('v1,bm90IHRoaXM=')).status).toBe(401)
      expect((await send('v1,right')).status).toBe(204)
      expect(await nextLine()).toBe('other brought a key for openai: ')
      expect((await send('v1,right')).status).toBe(204)
      expect((await send('v1,bm90IHRoaXM= v1,right', 'evt_2')).status).toBe(204)
      expect(await nextLine()).toBe('other brought a key for openai: ')
    } finally {
      child.kill()
      await telling.close()
    }
  })

  test('are all run by this file or by the browser’s tests', () => {
    const known = [
      'openai.mjs',
      'anthropic.mjs',
      'gemini.mjs',
      'first-requests.sh',
      'sessions-backend.mjs',
      'webhook-receiver.mjs',
      'widget',
      'README.md',
    ]
    expect(readdirSync(examples).filter((name) => !name.startsWith('readme-snippet') && !known.includes(name))).toEqual(
      [],
    )
  })
})

describe('the README’s snippets', () => {
  test('in TypeScript get an answer', async () => {
    const [snippet] = snippets('README.md', 'ts')
    expect(await runAs('readme-snippet.mts', here(snippet as string), process.execPath, tsx)).toMatch(/sandbox/i)
  })

  test('in Python get an answer: by OpenAI’s package where it is installed, else by a stand-in with its wire format', async () => {
    const [snippet] = snippets('README.md', 'python')
    const installed = await run('python3', '-c', 'import openai').then(
      () => true,
      () => false,
    )
    const text = installed
      ? (snippet as string)
      : `${standIn}\n${(snippet as string).replace('from openai import OpenAI\n', '')}`
    expect(await runAs('readme-snippet.py', here(text), 'python3')).toMatch(/sandbox/i)
  })
})

test.each(
  snippets('docs/gateway.md', 'ts').map((snippet, index) => [/from '([^']+)'/.exec(snippet)?.[1], index, snippet]),
)('the gateway page’s snippet for %s (%i) gets an answer', async (_package, index, snippet) => {
  expect(await runAs(`readme-snippet-${index}.mts`, here(snippet as string), process.execPath, tsx)).toMatch(/sandbox/i)
})

/** What OpenAI's Python package puts on the wire for this call, by the standard library alone. */
const standIn = `
import json, types, urllib.request

class OpenAI:
    def __init__(self, base_url, api_key):
        def create(**body):
            request = urllib.request.Request(
                base_url.rstrip("/") + "/chat/completions",
                data=json.dumps(body).encode(),
                headers={
                    "Authorization": "Bearer " + api_key,
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    "User-Agent": "OpenAI/Python 2.8.0",
                    "X-Stainless-Lang": "python",
                    "X-Stainless-Package-Version": "2.8.0",
                    "x-stainless-retry-count": "0",
                    "x-stainless-read-timeout": "600",
                },
            )
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read(), object_hook=lambda fields: types.SimpleNamespace(**fields))
        self.chat = types.SimpleNamespace(completions=types.SimpleNamespace(create=create))
`

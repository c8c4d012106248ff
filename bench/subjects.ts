import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchFile, family, type Running, startProgram, startScript } from './processes.ts'

/** One proxy under measurement. */
export interface Subject {
  name: string
  origin: string
  /** Path of a chat request. */
  path: string
  headers: Record<string, string>
  /** Of the request; default `gpt-bench`. */
  model?: string
  /** Speaks the one dialect: measured only where translations are. */
  translates?: true
  pids: readonly number[]
  stop(): Promise<void>
}

export type StartSubject = (upstream: string) => Promise<Subject | readonly Subject[] | undefined>

export const direct: StartSubject = async (upstream) => ({
  name: 'no proxy',
  origin: upstream,
  path: '/v1/chat/completions',
  headers: {},
  pids: [],
  stop: async () => undefined,
})

export const bare: StartSubject = async (upstream) => {
  const running = await startScript('bare-proxy.js', [upstream])
  return subject({ name: 'bare undici dispatch', running })
}

const nginxBinary = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((path) => existsSync(path))

/** Measured where it is installed. */
export const nginx: StartSubject = async (upstream) => {
  if (nginxBinary === undefined) return undefined
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-bench-nginx-'))
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
upstream provider { server ${new URL(upstream).host}; keepalive 256; }
server { listen 127.0.0.1:${port}; keepalive_requests 1000000; client_max_body_size 64m; client_body_buffer_size 1m; location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }`,
  )
  const running = await startProgram([nginxBinary, '-c', file, '-e', join(folder, 'error.log')], { port })
  return subject({ name: 'nginx', running, folder })
}

/** Portkey's own, started as its README starts it. Its callers say in a header which key and which rules hold. */
function portkey(name: string, headersFor: (upstream: string) => Record<string, string>): StartSubject {
  return async (upstream) => {
    const port = await freePort()
    const script = benchFile('../node_modules/@portkey-ai/gateway/build/start-server.js')
    if (!existsSync(script)) return undefined
    const running = await startProgram([process.execPath, script, `--port=${port}`], { port })
    return subject({ name, running, headers: { 'x-portkey-forward-headers': 'x-bench', ...headersFor(upstream) } })
  }
}

/** What Ownkey does here, too: one key, and another when it fails. */
export const portkeyWithFallback = portkey('Portkey, a key and a fallback', (upstream) => ({
  'x-portkey-config': JSON.stringify({
    strategy: { mode: 'fallback' },
    targets: ['sk-bench', 'sk-bench-platform'].map((key) => ({
      provider: 'openai',
      api_key: key,
      custom_host: `${upstream}/v1`,
    })),
  }),
}))

export const portkeyWithOneKey = portkey('Portkey, one key, no rules', (upstream) => ({
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': `${upstream}/v1`,
  authorization: 'Bearer sk-bench',
}))

/** Which provider serves `/v1`, by the key that the organization brought. */
const translations = [
  { provider: 'groq', key: 'gsk_' },
  { provider: 'anthropic', key: 'sk-ant-api03-' },
  { provider: 'gemini', key: 'AIza' },
] as const

/** Ownkey with everything on: PostgreSQL, tokens, keys, decisions, ledger, usage. Passing through, and translating. */
export function ownkey(databaseUrl: string): StartSubject {
  return async (upstream) => {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'ownkey-bench-'))
    const config = join(folder, 'ownkey.yaml')
    const others = translations.map(({ provider }) => `${provider}: { baseUrl: ${upstream} }`).join(', ')
    writeFileSync(
      config,
      `platform: { name: Bench }
providers: { openai: { baseUrl: ${upstream}, platformKey: "sk-bench-platform-key-000000" }, ${others} }
features: { chatbot: { title: Chatbot, capability: chat } }
plans:
  standard: { providers: { openai: optional }, verify: format_only, fallback: { mode: always }, credits: { ownKey: 1, platformKey: 5 } }
${translations.map(({ provider }) => `  ${provider}: { providers: { ${provider}: required }, verify: format_only, credits: { ownKey: 1 } }\n`).join('')}`,
    )
    const adminToken = randomBytes(32).toString('hex')
    const running = await startProgram([process.execPath, benchFile('../bin/ownkey.js'), 'serve', '--config', config], {
      port,
      env: {
        PORT: String(port),
        DATABASE_URL: databaseUrl,
        OWNKEY_DATA_DIR: folder,
        OWNKEY_ADMIN_TOKEN: adminToken,
        OWNKEY_WORKERS: '1',
        LOG_LEVEL: 'warn',
      },
    })
    const tenant = (one: Omit<Tenant, 'origin' | 'adminToken'>) =>
      prepareTenant({ ...one, origin: `http://127.0.0.1:${port}`, adminToken })
    const passing = subject({
      name: 'Ownkey',
      running,
      folder,
      path: '/openai/v1/chat/completions',
      token: await tenant({ org: 'bench', plan: 'standard', provider: 'openai', key: 'sk-bench-' }),
    })
    const translating = translations.map(async ({ provider, key }): Promise<Subject> => {
      const token = await tenant({ org: `bench-${provider}`, plan: provider, provider, key })
      const name = `Ownkey /v1 → ${provider}`
      return { ...subject({ name, running, path: '/v1/chat/completions', token }), model: 'auto', translates: true }
    })
    return [passing, ...(await Promise.all(translating))]
  }
}

interface Tenant {
  origin: string
  adminToken: string
  org: string
  plan: string
  provider: string
  /** Public beginning of the provider's keys. */
  key: string
}

async function prepareTenant({ origin, adminToken, org, plan, provider, key }: Tenant): Promise<string> {
  const call = async (method: string, path: string, body: unknown) => {
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`)
    return answer.json() as Promise<Record<string, unknown>>
  }
  await call('PUT', `/orgs/${org}`, { name: 'Bench', plan })
  await call('POST', `/orgs/${org}/credits`, { amount: 1_000_000_000, reason: 'bench', idempotencyKey: org })
  await call('PUT', `/orgs/${org}/keys/${provider}`, { key: `${key}${randomBytes(26).toString('hex')}` })
  const { token } = await call('POST', '/tokens', { kind: 'access', org, feature: 'chatbot' })
  return String(token)
}

function subject(options: {
  name: string
  running: Running
  /** Taken away when it has stopped. */
  folder?: string
  path?: string
  headers?: Record<string, string>
  token?: string
}): Subject {
  const { name, running } = options
  return {
    name,
    origin: `http://127.0.0.1:${running.port}`,
    path: options.path ?? '/v1/chat/completions',
    headers: options.headers ?? { authorization: `Bearer ${options.token ?? 'sk-bench'}` },
    pids: family(running.pid),
    stop: async () => {
      await running.stop()
      if (options.folder !== undefined) rmSync(options.folder, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
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
  pids: readonly number[]
  stop(): void
}

export type StartSubject = (upstream: string) => Promise<Subject | undefined>

export const direct: StartSubject = async (upstream) => ({
  name: 'no proxy',
  origin: upstream,
  path: '/v1/chat/completions',
  headers: {},
  pids: [],
  stop: () => undefined,
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
server { listen 127.0.0.1:${port}; keepalive_requests 1000000; client_max_body_size 64m; location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }`,
  )
  const running = await startProgram([nginxBinary, '-c', file, '-e', join(folder, 'error.log')], { port })
  return subject({ name: 'nginx', running })
}

export const portkey: StartSubject = async (upstream) => {
  const port = await freePort()
  const script = benchFile('../node_modules/@portkey-ai/gateway/build/start-server.js')
  if (!existsSync(script)) return undefined
  const running = await startProgram([process.execPath, script, `--port=${port}`, '--headless'], {
    port,
    env: { NODE_ENV: 'production' },
  })
  return subject({
    name: 'Portkey gateway',
    running,
    headers: {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstream}/v1`,
      authorization: 'Bearer sk-bench',
    },
  })
}

/** Ownkey with everything on: PostgreSQL, tokens, keys, decisions, ledger, usage. */
export function ownkey(databaseUrl: string): StartSubject {
  return async (upstream) => {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'ownkey-bench-'))
    const config = join(folder, 'ownkey.yaml')
    writeFileSync(
      config,
      `platform: { name: Bench }
providers: { openai: { baseUrl: ${upstream}, platformKey: "sk-bench-platform-key-000000" } }
features: { chatbot: { title: Chatbot, capability: chat } }
plans: { standard: { providers: { openai: optional }, verify: format_only, fallback: { mode: always }, credits: { ownKey: 1, platformKey: 5 } } }
`,
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
    const token = await prepareTenant(`http://127.0.0.1:${port}`, adminToken)
    return subject({
      name: 'Ownkey',
      running,
      path: '/openai/v1/chat/completions',
      headers: { authorization: `Bearer ${token}` },
    })
  }
}

async function prepareTenant(origin: string, adminToken: string): Promise<string> {
  const call = async (method: string, path: string, body: unknown) => {
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`)
    return answer.json() as Promise<Record<string, unknown>>
  }
  await call('PUT', '/orgs/bench', { name: 'Bench', plan: 'standard' })
  await call('POST', '/orgs/bench/credits', { amount: 1_000_000_000, reason: 'bench', idempotencyKey: 'bench' })
  await call('PUT', '/orgs/bench/keys/openai', { key: `sk-bench-${randomBytes(24).toString('hex')}` })
  const { token } = await call('POST', '/tokens', { kind: 'access', org: 'bench', feature: 'chatbot' })
  return String(token)
}

function subject(options: {
  name: string
  running: Running
  path?: string
  headers?: Record<string, string>
}): Subject {
  const { name, running } = options
  return {
    name,
    origin: `http://127.0.0.1:${running.port}`,
    path: options.path ?? '/v1/chat/completions',
    headers: options.headers ?? { authorization: 'Bearer sk-bench' },
    pids: family(running.pid),
    stop: running.stop,
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

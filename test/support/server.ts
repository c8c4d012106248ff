import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog, readEnvironment, startServer } from '../../src/server/index.ts'
import { evidenceFolder } from './canary.ts'
import type { DatabaseKind } from './databases.ts'
import { dumpRows } from './dump-rows.ts'
import { createTestDatabase } from './postgres.ts'

export interface TestServerOptions {
  /** The configuration file's text; absent: the built-in one. */
  config?: string
  sandbox?: boolean
  /** Default: embedded. */
  database?: DatabaseKind
  /** For `${NAME}` in the configuration, and anything else of the environment. */
  env?: Readonly<Record<string, string>>
}

export interface ApiAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers of every route pass here; tests look into them by hand
  body: any
}

export interface TestServer {
  url: string
  adminToken: string
  /** The control API as the operator, or as the holder of `token`; `path` begins behind `/api/v1`. */
  api(method: string, path: string, body?: unknown, token?: string): Promise<ApiAnswer>
  /** What a start prints for the operator: opens the console, once. */
  signInLink(): Promise<string>
  /** Writes a new configuration file and reloads it. @returns whether it is in force */
  reload(config: string): boolean
  close(): Promise<void>
}

/**
 * A real server on a free port with a database of its own. Its log, and at the end every row of its database, go to where
 * the canary search looks.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-server-'))
  const configFile = join(folder, 'ownkey.yaml')
  if (options.config !== undefined) writeFileSync(configFile, options.config)
  const postgres = options.database === 'postgres' ? await createTestDatabase() : undefined
  const environment = readEnvironment(
    {},
    {
      PORT: '0',
      OWNKEY_DATA_DIR: join(folder, 'data'),
      ...(options.config !== undefined && { OWNKEY_CONFIG: configFile }),
      ...(postgres && { DATABASE_URL: postgres.url }),
      ...options.env,
    },
  )
  const file = createWriteStream(join(evidenceFolder('server'), 'log.jsonl'))
  const log = createLog({ level: 'debug', destination: file })
  const server = await startServer({ environment, sandbox: options.sandbox ?? false, log })
  const adminToken = server.adminToken.reveal()
  return {
    url: server.url,
    adminToken,
    api: (method, path, body, token = adminToken) => callApi(server.url, { method, path, body, token }),
    signInLink: () => server.signInLink(),
    reload(config) {
      writeFileSync(configFile, config)
      return server.reload()
    },
    async close() {
      await dumpRows(server.database, 'server-rows')
      await server.close()
      await postgres?.drop()
      await new Promise<void>((resolve) => file.end(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface ApiCall {
  method: string
  path: string
  body: unknown
  token: string
}

async function callApi(url: string, { method, path, body, token }: ApiCall): Promise<ApiAnswer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : text }
}

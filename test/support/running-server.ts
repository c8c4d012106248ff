/**
 * A whole Ownkey with a database of its own, as a test meets it: within the test's process (fast), or as a process that can
 * be killed and measured. Its log, what its control API answers and, at the end, every row of its database go to where the
 * canary search looks.
 */
import { createWriteStream, mkdtempSync, readFileSync, rmSync, type WriteStream, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog, readEnvironment, startServer } from '../../src/server/index.ts'
import { type Database, openDatabase } from '../../src/store/index.ts'
import { type Child, startChild } from './child.ts'
import type { DatabaseKind } from './databases.ts'
import { dumpRows } from './dump-rows.ts'
import { evidenceFolder, keepEvidence } from './evidence.ts'
import { copyEmbeddedDatabase, createTestDatabase } from './postgres.ts'

export interface OwnkeyOptions {
  /** The configuration file: YAML, or an object that is written as JSON. Absent: the built-in one. */
  config?: string | object
  sandbox?: boolean
  /** Default: embedded. */
  database?: DatabaseKind
  /** For `${NAME}` in the configuration, and anything else of the environment. */
  env?: Readonly<Record<string, string>>
  /** `child`: `ownkey serve` in a process of its own. Default `inside`. */
  process?: 'inside' | 'child'
}

export interface ApiAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers of every route pass here; tests look into them by hand
  body: any
}

export interface TokenWish {
  org?: string
  user?: string
  feature?: string
  environment?: string
  expiresIn?: number
}

export interface RunningOwnkey {
  /** Another one after `restart`. */
  readonly url: string
  readonly adminToken: string
  /** The control API as the operator, or as the holder of `token`; `path` begins behind `/api/v1`. */
  api(method: string, path: string, body?: unknown, token?: string): Promise<ApiAnswer>
  /** An access token where the wish names something, else a service token. */
  token(wish?: TokenWish): Promise<string>
  /** On the plan `standard`, unless told otherwise. */
  putOrg(org: string, fields?: object): Promise<void>
  putKey(org: string, provider: string, key: string, fields?: object): Promise<void>
  /** What a start prints for the operator: opens the console, once. Not of a child process. */
  signInLink(): Promise<string>
  /**
   * Writes a new configuration file and reloads it, in a child process by SIGHUP. @returns whether it is in force. Only
   * for a server that was started with a configuration.
   */
  reload(config: string | object): Promise<boolean>
  /** What the server has logged so far, line by line. Not of a child process. */
  logged(): readonly string[]
  /** The child process; a test may send it signals. */
  pid(): number
  /** Resident memory of the child process, in bytes. */
  memory(): number
  /** Ends the server in order and starts it again on the same data. */
  restart(): Promise<void>
  /** Ends the server in order, lets the test at its database, and starts it again on the same data. */
  atRest<T>(work: (database: Database) => Promise<T>): Promise<T>
  /** kill −9, and waits until it is gone; `restart` starts it again. Child processes only. */
  kill9(): Promise<void>
  close(): Promise<void>
}

interface Life {
  url: string
  pid?: number
  end(): Promise<void>
  kill?(): Promise<void>
}

/** Long enough that production would take it. */
const adminToken = 'operator-token-of-the-journeys-0000000001'

export async function startOwnkey(options: OwnkeyOptions = {}): Promise<RunningOwnkey> {
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-server-'))
  const postgres = options.database === 'postgres' ? await createTestDatabase() : undefined
  const dataDir = postgres ? join(folder, 'data') : await copyEmbeddedDatabase()
  const env = {
    ...environmentOf(options, folder),
    OWNKEY_DATA_DIR: dataDir,
    ...(postgres && { DATABASE_URL: postgres.url }),
    ...options.env,
  }
  const log = createWriteStream(join(evidenceFolder('server'), 'log.jsonl'))
  const start = (): Promise<Life> => startLife(options, { env, log })
  let life: Life | undefined = await start()
  const call = (method: string, path: string, body?: unknown, token = adminToken) =>
    callApi(running().url, { method, path, body, token })
  const running = (): Life => {
    if (!life) throw new Error('the server was killed and not started again')
    return life
  }
  const must = async (method: string, path: string, body?: unknown): Promise<ApiAnswer> => {
    const answer = await call(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer
  }
  return {
    get url() {
      return running().url
    },
    adminToken,
    api: call,
    token: async (wish = {}) => {
      const kind = wish.org === undefined && wish.user === undefined ? 'service' : 'access'
      return (await must('POST', '/tokens', { kind, ...wish })).body.token
    },
    putOrg: async (org, fields = {}) =>
      void (await must('PUT', `/orgs/${org}`, { name: org, plan: 'standard', ...fields })),
    putKey: async (org, provider, key, fields = {}) =>
      void (await must('PUT', `/orgs/${org}/keys/${provider}`, { key, ...fields })),
    memory: () => residentBytes(running().pid),
    restart: async () => {
      await life?.end()
      life = await start()
    },
    atRest: async (work) => {
      await life?.end()
      const database = await openDatabase({ url: postgres?.url, dataDir })
      try {
        return await work(database)
      } finally {
        await database.close()
        life = await start()
      }
    },
    kill9: async () => {
      const { kill } = running()
      if (!kill) throw new Error('only a child process can be killed')
      life = undefined
      await kill()
    },
    close: async () => {
      await life?.end()
      await dumpAll(postgres?.url, dataDir)
      await postgres?.drop()
      await new Promise<void>((resolve) => log.end(resolve))
      for (const one of [folder, dataDir]) rmSync(one, { recursive: true, force: true })
    },
  }
}

function environmentOf({ config }: OwnkeyOptions, folder: string): Record<string, string> {
  const file = join(folder, 'ownkey.yaml')
  if (config !== undefined) writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config))
  return {
    PORT: '0',
    OWNKEY_ADMIN_TOKEN: adminToken,
    LOG_LEVEL: 'debug',
    ...(config !== undefined && { OWNKEY_CONFIG: file }),
  }
}

interface LifeFacts {
  env: Readonly<Record<string, string>>
  log: WriteStream
}

async function startLife(options: OwnkeyOptions, { env, log }: LifeFacts): Promise<Life> {
  if (options.process === 'child') return childLife(await startedChild(options, env), log)
  const server = await startServer({
    environment: readEnvironment({}, env),
    sandbox: options.sandbox ?? false,
    log: createLog({ level: 'debug', destination: log }),
  })
  return { url: server.url, end: () => server.close() }
}

async function startedChild(options: OwnkeyOptions, env: Readonly<Record<string, string>>): Promise<Child> {
  const args = ['serve', '--json', ...(options.sandbox ? ['--sandbox'] : [])]
  return startChild('serve', args, { env: { PATH: process.env['PATH'] ?? '', ...env } })
}

async function childLife(child: Child, log: WriteStream): Promise<Life> {
  const first = await child
    .line((line) => line.startsWith('{"url"'))
    .catch((error: Error) => {
      throw new Error(`${error.message}\n${child.lines.join('\n')}`)
    })
  const started = JSON.parse(first) as { url: string }
  const keep = async () => {
    const { stderr } = await child.ended
    log.write(`${child.lines.join('\n')}\n${stderr}\n`)
  }
  return {
    url: started.url,
    pid: child.process.pid as number,
    end: async () => {
      child.process.kill('SIGTERM')
      await keep()
    },
    kill: async () => {
      await child.kill()
      await keep()
    },
  }
}

function residentBytes(pid: number | undefined): number {
  if (pid === undefined) throw new Error('only a child process can be measured')
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

async function dumpAll(url: string | undefined, dataDir: string): Promise<void> {
  const database = await openDatabase({ url, dataDir })
  await dumpRows(database, 'server-rows')
  await database.close()
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

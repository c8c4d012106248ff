/**
 * A whole Ownkey with a database of its own, as a test meets it: within the test's process (fast), or as a process that can
 * be killed and measured. Its log, what its control API answers and, at the end, every row of its database go to where the
 * canary search looks.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lookup } from '../../src/gateway/index.ts'
import { type Database, openDatabase } from '../../src/store/index.ts'
import { type ApiAnswer, callApi } from './call-api.ts'
import type { Child } from './child.ts'
import type { DatabaseKind } from './databases.ts'
import { dumpRows } from './dump-rows.ts'
import { copyEmbeddedDatabase, createTestDatabase } from './postgres.ts'
import { type Life, residentBytes, startLife } from './server-life.ts'

export type { ApiAnswer } from './call-api.ts'

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
  /** Answers for the resolver of hosts that customers gave; inside the test's process only. */
  lookup?: Lookup
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
  /** What a start prints for the operator: opens the console, once. */
  signInLink(): Promise<string>
  /**
   * Writes a new configuration file and reloads it, in a child process by SIGHUP. @returns whether it is in force. Only
   * for a server that was started with a configuration.
   */
  reload(config: string | object): Promise<boolean>
  /** What the server has logged since its last start, line by line. */
  logged(): readonly string[]
  /** Its process, for signals and measurements. Child processes only. */
  child(): Child
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

/** Long enough that production would take it. */
const adminToken = 'operator-token-of-the-journeys-0000000001'

export async function startOwnkey(options: OwnkeyOptions = {}): Promise<RunningOwnkey> {
  const folder = mkdtempSync(join(tmpdir(), 'ownkey-server-'))
  const postgres = options.database === 'postgres' ? await createTestDatabase() : undefined
  const dataDir = postgres || !inVitest ? join(folder, 'data') : await copyEmbeddedDatabase()
  const env = environmentOf(options, { folder, dataDir, url: postgres?.url })
  const start = () =>
    startLife({ env, sandbox: options.sandbox ?? false, process: options.process ?? 'inside', lookup: options.lookup })
  const state: { life: Life | undefined } = { life: await start() }
  const life = (): Life => {
    if (!state.life) throw new Error('the server was killed and not started again')
    return state.life
  }
  const child = (): Child => {
    const { child: found } = life()
    if (!found) throw new Error('this needs a server in a child process')
    return found
  }
  const open = () => openDatabase({ url: postgres?.url, dataDir })
  return {
    ...apiOf(() => life().url),
    get url() {
      return life().url
    },
    adminToken,
    signInLink: () => life().signInLink(),
    reload(config) {
      writeConfig(folder, config)
      return life().reload()
    },
    logged: () => life().logged(),
    child,
    memory: () => residentBytes(child().process.pid as number),
    restart: async () => {
      await state.life?.end()
      state.life = await start()
    },
    atRest: async (work) => {
      await state.life?.end()
      const database = await open()
      try {
        return await work(database)
      } finally {
        await database.close()
        state.life = await start()
      }
    },
    kill9: async () => {
      const dying = child()
      state.life = undefined
      await dying.kill()
    },
    close: async () => {
      await state.life?.end()
      if (postgres) await postgres.drop()
      else await dumpEmbedded(await open())
      for (const one of [folder, dataDir]) rmSync(one, { recursive: true, force: true })
    },
  }
}

/** A script that takes pictures starts a server too, and has no runner that offers databases. */
const inVitest = process.env['VITEST'] !== undefined

type Api = Pick<RunningOwnkey, 'api' | 'token' | 'putOrg' | 'putKey'>

function apiOf(url: () => string): Api {
  const api: Api['api'] = (method, path, body, token = adminToken) => callApi(url(), { method, path, body, token })
  const must = async (method: string, path: string, body: unknown): Promise<ApiAnswer> => {
    const answer = await api(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer
  }
  return {
    api,
    token: async (wish = {}) => {
      const kind = wish.org === undefined && wish.user === undefined ? 'service' : 'access'
      return (await must('POST', '/tokens', { kind, ...wish })).body.token
    },
    putOrg: async (org, fields = {}) =>
      void (await must('PUT', `/orgs/${org}`, { name: org, plan: 'standard', ...fields })),
    putKey: async (org, provider, key, fields = {}) =>
      void (await must('PUT', `/orgs/${org}/keys/${provider}`, { key, ...fields })),
  }
}

interface Places {
  folder: string
  dataDir: string
  url: string | undefined
}

function environmentOf({ config, env }: OwnkeyOptions, { folder, dataDir, url }: Places): Record<string, string> {
  return {
    PORT: '0',
    OWNKEY_ADMIN_TOKEN: adminToken,
    LOG_LEVEL: 'debug',
    OWNKEY_DATA_DIR: dataDir,
    ...(config !== undefined && { OWNKEY_CONFIG: writeConfig(folder, config) }),
    ...(url !== undefined && { DATABASE_URL: url }),
    ...env,
  }
}

function writeConfig(folder: string, config: string | object): string {
  const file = join(folder, 'ownkey.yaml')
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config))
  return file
}

async function dumpEmbedded(database: Database): Promise<void> {
  await dumpRows(database, 'embedded-rows')
  await database.close()
}

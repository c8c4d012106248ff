import { existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { Secret } from '../crypto/index.ts'
import { closestName } from '../lib/index.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Everything that the process's environment says, checked. Nothing else in the program reads it. */
export interface Environment {
  production: boolean
  host: string
  /** 0: any free port. */
  port: number
  /** The file that was named, or `ownkey.yaml` when it is there; absent: no file. */
  configFile?: string | undefined
  /** Absolute. Holds the embedded database and what is generated in development. */
  dataDir: string
  /** Absolute. Holds the record of what was taken out of service, outside the database. */
  recordDir: string
  databaseUrl?: Secret | undefined
  /** `BYOK_ENCRYPTION_KEY` as it was given; the keyring parses it. */
  masterKey?: Secret | undefined
  adminToken?: Secret | undefined
  /** Processes that share the port. */
  workers: number
  logLevel: LogLevel
  /** Probable mistakes that do not keep the server from starting, a sentence each. */
  warnings: readonly string[]
  /** All variables, for `${NAME}` in the configuration file. A function, so that printing this object prints none. */
  variables(): Readonly<Record<string, string | undefined>>
}

/** What the command line says instead of the environment. */
export interface EnvironmentOverrides {
  configFile?: string | undefined
}

/** All problems of the environment at once, one sentence each, without any value that could be a secret. */
export class EnvironmentError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'EnvironmentError'
    this.problems = problems
  }
}

type Source = Readonly<Record<string, string | undefined>>

/** @throws EnvironmentError with every problem found */
export function readEnvironment(overrides: EnvironmentOverrides = {}, source: Source = process.env): Environment {
  const problems: string[] = []
  const text = (name: string) => source[name]?.trim() || undefined
  const production = text('NODE_ENV') === 'production'
  const dataDir = resolve(text('OWNKEY_DATA_DIR') ?? '.ownkey')
  const databaseUrl = readDatabaseUrl(text('DATABASE_URL'), production, problems)
  const environment: Environment = {
    production,
    host: readHost(text('HOST'), problems),
    port: readWhole({ name: 'PORT', text: text('PORT'), otherwise: 8787, least: 0, most: 65_535 }, problems),
    configFile: findConfigFile(overrides.configFile ?? text('OWNKEY_CONFIG'), problems),
    dataDir,
    recordDir: resolve(text('OWNKEY_RECORD_DIR') ?? dataDir),
    databaseUrl,
    masterKey: secretOf(text('BYOK_ENCRYPTION_KEY')),
    adminToken: secretOf(text('OWNKEY_ADMIN_TOKEN')),
    workers: readWorkers(text('OWNKEY_WORKERS'), { production, embedded: !databaseUrl }, problems),
    logLevel: readLogLevel(text('LOG_LEVEL'), problems),
    warnings: [...mistypedNames(source), ...nearlyProduction(text('NODE_ENV')), ...fewOpenFiles()],
    variables: () => source,
  }
  checkSecrets(environment, problems)
  if (problems.length > 0) throw new EnvironmentError(problems)
  return environment
}

/** Only what `ownkey check` needs: nothing else of the environment has to be right for it. @throws EnvironmentError */
export function readConfigSource(
  overrides: EnvironmentOverrides = {},
  source: Source = process.env,
): Pick<Environment, 'configFile' | 'variables'> {
  const problems: string[] = []
  const configFile = findConfigFile(overrides.configFile ?? (source['OWNKEY_CONFIG']?.trim() || undefined), problems)
  if (problems.length > 0) throw new EnvironmentError(problems)
  return { configFile, variables: () => source }
}

const prefix = 'OWNKEY_'
const ownNames = ['CONFIG', 'DATA_DIR', 'RECORD_DIR', 'ADMIN_TOKEN', 'WORKERS']

/** Only names that are nearly one of ours: a variable such as OWNKEY_PORT is set by Kubernetes for a service called ownkey. */
function mistypedNames(source: Source): string[] {
  return Object.keys(source).flatMap((name) => {
    const own = name.startsWith(prefix) ? name.slice(prefix.length) : undefined
    if (own === undefined || ownNames.includes(own)) return []
    const meant = closestName(own, ownNames)
    return meant === undefined ? [] : [`${name} is not read. Did you mean ${prefix}${meant}?`]
  })
}

/** Whoever writes `prod` means it, and would run without what production refuses to start without. */
function nearlyProduction(text = ''): string[] {
  const isNear = text !== 'production' && text.toLowerCase().startsWith('prod')
  return isNear ? ['NODE_ENV is not "production", letter by letter: this runs as in development.'] : []
}

/** Far below what a server under load needs: connections are refused, and providers seem not to be reached. */
const leastOpenFiles = 1024

function fewOpenFiles(): string[] {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } }
  const limit = Number(userLimits?.open_files?.soft)
  if (!(limit < leastOpenFiles)) return []
  return [
    `This process may open ${limit} files at once, and a request in flight holds two: set the limit to 65536 (ulimit -n, LimitNOFILE of systemd, --ulimit nofile of Docker).`,
  ]
}

function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text)
}

interface WholeNumber {
  name: string
  text: string | undefined
  otherwise: number
  least: number
  most: number
}

function readWhole({ name, text, otherwise, least, most }: WholeNumber, problems: string[]): number {
  if (text === undefined) return otherwise
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  problems.push(`${name} must be a whole number from ${least} to ${most}.`)
  return otherwise
}

function readHost(text: string | undefined, problems: string[]): string {
  if (text === undefined) return '127.0.0.1'
  if (/^[A-Za-z0-9.:_-]{1,253}$/.test(text)) return text
  problems.push('HOST must be an address or a host name, for instance 127.0.0.1 or 0.0.0.0.')
  return '127.0.0.1'
}

function readLogLevel(text: string | undefined, problems: string[]): LogLevel {
  const level = logLevels.find((one) => one === (text ?? 'info').toLowerCase())
  if (level) return level
  problems.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}.`)
  return 'info'
}

function readDatabaseUrl(text: string | undefined, production: boolean, problems: string[]): Secret | undefined {
  if (text === undefined) {
    if (production) {
      problems.push(
        'DATABASE_URL is not set. The embedded database is refused with NODE_ENV=production; use PostgreSQL 14 or newer.',
      )
    }
    return undefined
  }
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text) || new URL(text).hostname.includes(',')) {
    problems.push(
      'DATABASE_URL must look like postgres://user:password@host:5432/database, with one host, or postgres:///database?host=/folder/of/the/socket&user=user. Characters of the password such as # / ? @ % are written as %23 %2F %3F %40 %25.',
    )
  }
  return new Secret(text)
}

interface WorkerFacts {
  production: boolean
  embedded: boolean
}

function readWorkers(text: string | undefined, { production, embedded }: WorkerFacts, problems: string[]): number {
  const otherwise = production && !embedded ? availableParallelism() : 1
  const workers = readWhole({ name: 'OWNKEY_WORKERS', text, otherwise, least: 1, most: 512 }, problems)
  if (workers > 1 && embedded) {
    problems.push(
      'OWNKEY_WORKERS above 1 needs PostgreSQL: set DATABASE_URL, because the embedded database belongs to one process.',
    )
  }
  return workers
}

function findConfigFile(named: string | undefined, problems: string[]): string | undefined {
  if (named !== undefined) {
    if (isMissing(named))
      problems.push(
        `The configuration file ${named} does not exist: name an existing one with --config or OWNKEY_CONFIG, or unset it to use ownkey.yaml or the built-in configuration.`,
      )
    return named
  }
  return existsSync('ownkey.yaml') ? 'ownkey.yaml' : undefined
}

/** What cannot be looked at may be there; who reads it says why it cannot be read. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

/** Checks presence and lengths only; whether a master key is strong enough, the keyring decides. */
function checkSecrets({ production, masterKey, adminToken }: Environment, problems: string[]): void {
  if (production && !masterKey) {
    problems.push(
      'BYOK_ENCRYPTION_KEY is not set. Make one with "openssl rand -base64 32", keep it safe, and set it: without it no stored key can be read again.',
    )
  }
  if (production && (!adminToken || adminToken.reveal().length < 32)) {
    problems.push(
      'OWNKEY_ADMIN_TOKEN must have at least 32 characters with NODE_ENV=production. Make one with "openssl rand -base64 32".',
    )
  }
  if (adminToken && !/^[\x21-\x7e]+$/.test(adminToken.reveal())) {
    problems.push('OWNKEY_ADMIN_TOKEN may hold visible ASCII characters only, because it travels in a header.')
  }
}

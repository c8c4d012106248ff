import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'

interface Question {
  type: 'ownkey:metrics'
  id: number
}
interface Reply extends Question {
  text?: string | undefined
}

/** By then the primary has answered, without the workers that did not. */
const withinMs = 6_000

/** True for what workers and primary tell each other about metrics, prom-client's own messages included. */
export function isMetricsMessage(message: unknown): boolean {
  const type = typeof message === 'object' && message !== null && 'type' in message ? String(message.type) : ''
  return type === 'ownkey:metrics' || type.startsWith('prom-client:')
}

/** In the primary: answers a worker that was asked for metrics with those of all workers. */
export function startClusterMetrics(): { stop(): void } {
  const all = new AggregatorRegistry()
  const answer = (worker: Worker, message: unknown) => {
    if (!isMetricsMessage(message) || (message as Question).type !== 'ownkey:metrics') return
    const { type, id } = message as Question
    const tell = (text?: string) => {
      if (worker.isConnected()) worker.send({ type, id, text } satisfies Reply)
    }
    all.clusterMetrics().then(tell, () => tell())
  }
  cluster.on('message', answer)
  return { stop: () => void cluster.off('message', answer) }
}

/**
 * How `/metrics` is answered: by this process’s own numbers, or in a worker by the primary with those of all. Where that
 * fails the worker’s own are better than none.
 */
export function answerMetrics(registry: Registry): () => Promise<string> {
  if (!cluster.isWorker) return () => registry.metrics()
  AggregatorRegistry.setRegistries([registry])
  // Only for its side effect: this process now answers when the primary asks.
  new AggregatorRegistry()
  let last = 0
  return async () => (await askPrimary(++last)) ?? registry.metrics()
}

function askPrimary(id: number): Promise<string | undefined> {
  // Without a primary, sending would raise an error that nobody listens for.
  if (!process.connected) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const end = (text: string | undefined) => {
      clearTimeout(timer)
      process.off('message', hear)
      resolve(text)
    }
    const hear = (message: unknown) => {
      const { type, id: about, text } = message as Reply
      if (type === 'ownkey:metrics' && about === id) end(text)
    }
    const timer = setTimeout(() => end(undefined), withinMs)
    process.on('message', hear)
    process.send?.({ type: 'ownkey:metrics', id } satisfies Question)
  })
}

import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import type { Histogram } from './histogram.ts'
import type { Traffic } from './traffic.ts'

type Labels = Readonly<Record<string, string>>
interface Sample {
  labels: Labels
  value: number
  /** Where it is not the metric's own: a histogram's buckets, sum and count. */
  metricName?: string
}

/** Where the numbers are when somebody asks. */
export interface MetricSources {
  version: string
  traffic: Traffic
  isDraining(): boolean
  openConnections(): number
  /** Gateway requests and sessions under way. */
  openRequests(): number
  ledger(): {
    waiting: number
    waitingForRoom: number
    lost: number
    setAside: number
    overdrawn: number
    retries: number
  }
  /** Organizations that this process keeps a snapshot of, and the age of the oldest, in milliseconds. */
  snapshots(): { count: number; oldestMs: number }
  /** Absent for a database without a pool. */
  pool(): { total: number; idle: number; waiting: number } | undefined
  /** Own keys of the whole deployment, from the database. */
  keys(): Promise<readonly { provider: string; status: string; count: number }[]>
}

interface Row {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  /** How the workers' values become one. Default: added up. */
  aggregator?: 'sum' | 'max' | 'first'
  samples(sources: MetricSources): Iterable<Sample> | Promise<Iterable<Sample>>
}

const one = (value: number): Sample[] => [{ labels: {}, value }]

const rows: readonly Row[] = [
  {
    name: 'ownkey_info',
    help: 'The version that runs.',
    type: 'gauge',
    aggregator: 'first',
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: 'ownkey_attempts_total',
    help: 'Attempts at providers, by whose key was used and how it ended: ok, the class of the failure, or unanswered.',
    type: 'counter',
    samples: ({ traffic }) =>
      [...traffic.attempts].flatMap(({ provider, source, byClass }) =>
        [...byClass].map(([outcome, value]) => ({ labels: { provider, source, class: outcome }, value })),
      ),
  },
  {
    name: 'ownkey_fallbacks_total',
    help: 'Attempts that were made because an own key had failed before, by the class of that failure.',
    type: 'counter',
    samples: ({ traffic }) =>
      [...traffic.attempts].flatMap(({ provider, source, fallbacks }) =>
        [...fallbacks].map(([reason, value]) => ({ labels: { provider, source, reason }, value })),
      ),
  },
  {
    name: 'ownkey_refusals_total',
    help: 'Requests that Ownkey answered with an error of its own, by code.',
    type: 'counter',
    samples: ({ traffic }) => [...traffic.refusals].map(([code, value]) => ({ labels: { code }, value })),
  },
  {
    name: 'ownkey_added_latency_seconds',
    help: 'From a request’s head to the moment its first attempt is sent; with the body, where the decision reads it.',
    type: 'histogram',
    samples: ({ traffic }) => histogramSamples('ownkey_added_latency_seconds', {}, traffic.addedMs),
  },
  {
    name: 'ownkey_upstream_first_byte_seconds',
    help: 'From the moment an attempt is sent to the first byte of an answer that is passed on.',
    type: 'histogram',
    samples: ({ traffic }) =>
      [...traffic.attempts].flatMap(({ provider, source, firstByte }) =>
        histogramSamples('ownkey_upstream_first_byte_seconds', { provider, source }, firstByte),
      ),
  },
  {
    name: 'ownkey_open_requests',
    help: 'Gateway requests under way, streams included.',
    type: 'gauge',
    samples: ({ openRequests }) => one(openRequests()),
  },
  {
    name: 'ownkey_open_connections',
    help: 'Sockets open to callers.',
    type: 'gauge',
    samples: ({ openConnections }) => one(openConnections()),
  },
  {
    name: 'ownkey_draining',
    help: 'Processes that finish their last requests.',
    type: 'gauge',
    samples: ({ isDraining }) => one(isDraining() ? 1 : 0),
  },
  {
    name: 'ownkey_ledger_waiting_lines',
    help: 'Lines of the ledger that are not in the database yet.',
    type: 'gauge',
    samples: ({ ledger }) => one(ledger().waiting),
  },
  {
    name: 'ownkey_spend_cap_waiting_requests',
    help: 'Requests that wait for room under a spend cap, because others are in flight under it.',
    type: 'gauge',
    samples: ({ ledger }) => one(ledger().waitingForRoom),
  },
  {
    name: 'ownkey_ledger_lost_lines_total',
    help: 'Lines of the ledger that could neither be written nor kept. Should be 0.',
    type: 'counter',
    samples: ({ ledger }) => one(ledger().lost),
  },
  {
    name: 'ownkey_ledger_set_aside_lines_total',
    help: 'Lines of the ledger that the database refused, kept for the next start. Should be 0.',
    type: 'counter',
    samples: ({ ledger }) => one(ledger().setAside),
  },
  {
    name: 'ownkey_ledger_overdrawn_total',
    help: 'Settlements that found less than was reserved for them. Should be 0.',
    type: 'counter',
    samples: ({ ledger }) => one(ledger().overdrawn),
  },
  {
    name: 'ownkey_ledger_write_retries_total',
    help: 'Batches of the ledger that had to be written again.',
    type: 'counter',
    samples: ({ ledger }) => one(ledger().retries),
  },
  {
    name: 'ownkey_snapshots',
    help: 'Organizations that are kept in memory, summed over processes.',
    type: 'gauge',
    samples: ({ snapshots }) => one(snapshots().count),
  },
  {
    name: 'ownkey_snapshot_age_seconds',
    help: 'Age of the oldest snapshot in use. Above 5 none is used any more: the database cannot be read.',
    type: 'gauge',
    aggregator: 'max',
    samples: ({ snapshots }) => one(snapshots().oldestMs / 1000),
  },
  {
    name: 'ownkey_keys',
    help: 'Own keys in the whole deployment, by what is known of them.',
    type: 'gauge',
    aggregator: 'max',
    // Without the database these lines are missing, and all others are still there.
    samples: async ({ keys }) =>
      (await inTime(keys()).catch(() => [])).map(({ provider, status, count }) => ({
        labels: { provider, status },
        value: count,
      })),
  },
  {
    name: 'ownkey_database_connections',
    help: 'Connections of the pool.',
    type: 'gauge',
    samples({ pool }) {
      const now = pool()
      if (!now) return []
      return [
        { labels: { state: 'busy' }, value: now.total - now.idle },
        { labels: { state: 'idle' }, value: now.idle },
      ]
    },
  },
  {
    name: 'ownkey_database_waiting',
    help: 'Queries that wait for a connection of the pool.',
    type: 'gauge',
    samples({ pool }) {
      const now = pool()
      return now ? one(now.waiting) : []
    },
  },
]

/** With Node’s own metrics: memory, processor time, garbage collection, event loop lag. */
export function createRegistry(sources: MetricSources): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const { name, help, type, aggregator = 'sum', samples } of rows) {
    const get = async () => ({ name, help, type, aggregator, values: [...(await samples(sources))] })
    // The registry calls nothing but `get`, so the numbers need not be copied into prom-client's own metrics.
    registry.registerMetric({ name, help, type, aggregator, get } as unknown as Metric)
  }
  return registry
}

const databaseWithinMs = 1_000

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), databaseWithinMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function histogramSamples(name: string, labels: Labels, { bounds, counts, sum }: Histogram): Sample[] {
  let total = 0
  const buckets = counts.map((count, index): Sample => {
    total += count
    const bound = bounds[index]
    return {
      metricName: `${name}_bucket`,
      labels: { le: bound === undefined ? '+Inf' : String(bound / 1000), ...labels },
      value: total,
    }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum / 1000 },
    { metricName: `${name}_count`, labels, value: total },
  ]
}

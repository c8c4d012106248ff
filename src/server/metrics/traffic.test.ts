import { describe, expect, test } from 'vitest'
import type { EntryStart, Ledger } from '../../metering/index.ts'
import { countLedger } from './count-ledger.ts'
import { createRegistry, type MetricSources } from './create-registry.ts'
import { createTraffic } from './traffic.ts'

const start: EntryStart = {
  requestId: 'req-1',
  attempt: 1,
  org: 'acme',
  environment: 'production',
  provider: 'openai',
  surface: 'chat',
  source: 'organization',
  host: 'api.openai.com',
  credits: 1,
  startedAt: 0,
}

function sourcesOf(traffic: MetricSources['traffic'], more: Partial<MetricSources> = {}): MetricSources {
  return {
    version: '1.2.3',
    traffic,
    isDraining: () => false,
    openConnections: () => 3,
    openRequests: () => 2,
    ledger: () => ({ waiting: 5, waitingForRoom: 3, lost: 0, setAside: 0, overdrawn: 0, retries: 1 }),
    snapshots: () => ({ count: 7, oldestMs: 1_500 }),
    pool: () => ({ total: 4, idle: 3, waiting: 1 }),
    keys: async () => [{ provider: 'openai', status: 'valid', count: 12 }],
    ...more,
  }
}

const textOf = (traffic = createTraffic(), more: Partial<MetricSources> = {}) =>
  createRegistry(sourcesOf(traffic, more)).metrics()

describe('the metrics', () => {
  test('count attempts by provider, source and class, and fallbacks by their reason', async () => {
    const traffic = createTraffic()
    for (const errorClass of [undefined, undefined, 'quota_exhausted'] as const)
      traffic.ended(start, { durationMs: 9, charged: true, errorClass })
    traffic.ended({ ...start, source: 'platform', fallbackClass: 'quota_exhausted' }, { durationMs: 9, charged: true })
    const text = await textOf(traffic)
    expect(text).toContain('ownkey_attempts_total{provider="openai",source="organization",class="ok"} 2\n')
    expect(text).toContain('ownkey_attempts_total{provider="openai",source="organization",class="quota_exhausted"} 1\n')
    expect(text).toContain('ownkey_fallbacks_total{provider="openai",source="platform",reason="quota_exhausted"} 1\n')
  })

  test('do not count as served what was not sent, or had no answer when its caller left', async () => {
    const traffic = createTraffic()
    traffic.ended(start, { durationMs: 0, charged: false })
    traffic.ended(start, { durationMs: 9, charged: false, status: 404 })
    expect(await textOf(traffic)).toContain('class="unanswered"} 1\n')
    expect(await textOf(traffic)).toContain('class="ok"} 1\n')
  })

  test('tell latencies as cumulative buckets in seconds', async () => {
    const traffic = createTraffic()
    for (const ms of [0.05, 0.3, 0.3, 7_000]) traffic.added(ms)
    traffic.ended(start, { durationMs: 9, charged: true, firstByteMs: 240 })
    const text = await textOf(traffic)
    expect(text).toContain('ownkey_added_latency_seconds_bucket{le="0.0001"} 1\n')
    expect(text).toContain('ownkey_added_latency_seconds_bucket{le="0.0005"} 3\n')
    expect(text).toContain('ownkey_added_latency_seconds_bucket{le="5"} 3\n')
    expect(text).toContain('ownkey_added_latency_seconds_bucket{le="+Inf"} 4\n')
    expect(text).toContain('ownkey_added_latency_seconds_count 4\n')
    expect(text).toContain(
      'ownkey_upstream_first_byte_seconds_bucket{le="0.25",provider="openai",source="organization"} 1\n',
    )
  })

  test('tell the state of ledger, snapshots, pool, keys and process', async () => {
    const text = await textOf()
    for (const line of [
      'ownkey_info{version="1.2.3"} 1',
      'ownkey_ledger_waiting_lines 5',
      'ownkey_spend_cap_waiting_requests 3',
      'ownkey_ledger_lost_lines_total 0',
      'ownkey_ledger_set_aside_lines_total 0',
      'ownkey_snapshot_age_seconds 1.5',
      'ownkey_database_connections{state="busy"} 1',
      'ownkey_database_waiting 1',
      'ownkey_keys{provider="openai",status="valid"} 12',
      'ownkey_open_requests 2',
    ])
      expect(text.split('\n')).toContain(line)
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  })

  test('come without the keys where the database does not answer', async () => {
    const gone = await textOf(createTraffic(), { keys: () => Promise.reject(new Error('gone')), pool: () => undefined })
    const silent = await textOf(createTraffic(), { keys: () => new Promise(() => {}) })
    for (const text of [gone, silent]) {
      expect(text).not.toContain('ownkey_keys{')
      expect(text).toContain('ownkey_open_requests 2')
    }
  })

  test('name no organization, user, model or key', async () => {
    const traffic = createTraffic()
    const whose = { org: 'acme-secret', user: 'u-secret', model: 'model-secret', key: { id: 'key-secret', version: 1 } }
    traffic.ended({ ...start, ...whose }, { durationMs: 1, charged: true })
    expect(await textOf(traffic)).not.toContain('secret')
  })
})

test('a counted entry is counted once however often it is settled, also one that was waited for', async () => {
  const traffic = createTraffic()
  const settled: string[] = []
  const entry = (id: string) => ({
    id,
    soFar: () => {},
    capReached: () => undefined,
    ending: () => '',
    settle: () => void settled.push(id),
  })
  const ledger: Ledger = {
    open: () => entry('opened'),
    reserve: (_start, { balance }) => (balance === 0 ? Promise.resolve(entry('waited')) : entry('reserved')),
    wasCharged: async () => false,
    hasReturned: () => false,
    beforeSending: (then) => then(),
    flush: async () => {},
    close: async () => {},
  }
  const counted = countLedger(ledger, traffic)
  const entries = [
    counted.open(start),
    await counted.reserve(start, { balance: 5 }),
    await counted.reserve(start, { balance: 0 }),
  ]
  for (const one of [...entries, ...entries]) one.settle({ durationMs: 1, charged: true })
  expect(settled).toHaveLength(6)
  expect([...traffic.attempts][0]?.byClass.get('ok')).toBe(3)
})

import { type Health, healthQuerySchema, healthSchema } from '../../../contract/index.ts'
import type { Policy } from '../../../policy/index.ts'
import { requestsOf } from '../../../store/index.ts'
import { defineRoute } from '../../http/route.ts'
import { decimalFromPico } from '../../money.ts'
import {
  busiestOrgs,
  errorCounts,
  type FailingKey,
  failingKeys,
  fallbackCosts,
  type Latency,
  latencies,
  providerCounts,
} from '../../queries/health.ts'
import { failureOf, sentencesOfKey } from '../../test-key/verdicts.ts'

const hourMs = 3_600_000
const most = { organizations: 10, failingKeys: 200, sample: 20_000 }

export const getHealth = defineRoute({
  name: 'health.get',
  method: 'GET',
  path: '/api/v1/health',
  tag: 'Operator',
  summary:
    'How requests do over all organizations: failing keys, fallbacks and their cost, latency, busiest organizations.',
  query: healthQuerySchema,
  answer: healthSchema,
  async handle({ query }, deps) {
    const now = deps.clock.now()
    // Totals are kept by hour, so the period begins with a full hour.
    const since = new Date(Math.floor(now / hourMs - query.hours) * hourMs)
    const { database } = deps
    const [providers, errors, organizations, fellBack, times, failing] = await Promise.all([
      providerCounts(database, since),
      errorCounts(database, since),
      busiestOrgs(database, { since, limit: most.organizations }),
      fallbackCosts(database, since),
      latencies(database, { since, sample: most.sample }),
      failingKeys(database, most.failingKeys),
    ])
    const { policy } = deps.inForce()
    const attempts = sum(providers, (row) => row.attempts)
    return {
      from: since.toISOString(),
      to: new Date(now).toISOString(),
      requests: requestsOf({
        attempts,
        fallbacks: sum(providers, ({ fallbacks }) => fallbacks),
        ownFailed: sum(providers, ({ key_source, failed }) => (key_source === 'platform' ? 0 : failed)),
      }),
      attempts,
      failed: sum(providers, ({ failed }) => failed),
      fallbacks: showFallbacks(fellBack),
      providers: providers.map(({ key_source: keySource, provider, attempts, failed, fallbacks }) => ({
        ...nameOf(provider, policy),
        keySource,
        requests: attempts,
        failed,
        fallbacks,
        ...latencyOf(times.find((row) => row.provider === provider && row.key_source === keySource)),
      })),
      measured: sum(times, ({ measured }) => measured),
      errors: errors.map((row) => ({ errorClass: row.error_class, keySource: row.key_source, requests: row.requests })),
      failingKeys: failing.keys.map((key) => showFailing(key, policy)),
      moreFailingKeys: Math.max(0, failing.count - failing.keys.length),
      organizations: organizations.map(
        ({ org_id: org, name, attempts, failed, fallbacks, credits, own_failed: ownFailed }) => ({
          org,
          name,
          requests: requestsOf({ attempts, fallbacks, ownFailed }),
          attempts,
          failed,
          fallbacks,
          credits,
        }),
      ),
    }
  },
})

function sum<Row>(rows: readonly Row[], read: (row: Row) => number): number {
  return rows.reduce((total, row) => total + read(row), 0)
}

function nameOf(id: string, { providers }: Policy): { provider: string; name: string } {
  const known = providers.get(id)
  return { provider: known?.publicId ?? id, name: known?.name ?? id }
}

function latencyOf(row: Latency | undefined): Pick<Health['providers'][number], 'firstByte' | 'duration'> {
  const pair = (p50: number | null | undefined, p95: number | null | undefined) =>
    p50 == null || p95 == null ? null : { p50, p95 }
  return { firstByte: pair(row?.first_p50, row?.first_p95), duration: pair(row?.all_p50, row?.all_p95) }
}

function showFallbacks(rows: Awaited<ReturnType<typeof fallbackCosts>>): Health['fallbacks'] {
  return {
    requests: sum(rows, ({ requests }) => requests),
    credits: sum(rows, ({ credits }) => credits),
    costs: rows.flatMap(({ currency, cost }) =>
      cost && currency ? [{ currency, amount: decimalFromPico(cost) }] : [],
    ),
    unpriced: sum(rows, ({ unpriced }) => unpriced),
  }
}

function showFailing(key: FailingKey, policy: Policy): Health['failingKeys'][number] {
  const errorClass = failureOf(key)
  return {
    ...nameOf(key.provider, policy),
    org: key.org_id,
    orgName: key.org_name,
    user: key.user_id || null,
    environment: key.environment,
    hint: key.hint,
    status: key.status,
    statusClass: errorClass ?? null,
    reason: sentencesOfKey(key)?.reason ?? null,
    since: key.updated_at.toISOString(),
    lastUsedAt: key.last_used_at?.toISOString() ?? null,
  }
}

import type { ErrorClass, KeySource, KeyStatus } from '../../contract/index.ts'
import type { Queryable } from '../../store/index.ts'

interface Counts {
  attempts: number
  failed: number
  fallbacks: number
}

const counts = 'sum(requests)::bigint as attempts, sum(failed)::bigint as failed, sum(fallbacks)::bigint as fallbacks'

/** How each provider did, by whose key. */
export function providerCounts(
  queryable: Queryable,
  since: Date,
): Promise<(Counts & { provider: string; key_source: KeySource })[]> {
  return queryable.query(
    `select provider, key_source, ${counts}
       from usage_totals where grain = 'hour' and bucket >= $1
      group by provider, key_source order by sum(requests) desc, provider, key_source`,
    [since],
  )
}

export function errorCounts(
  queryable: Queryable,
  since: Date,
): Promise<{ error_class: ErrorClass; key_source: KeySource; requests: number }[]> {
  return queryable.query(
    `select error_class, key_source, sum(requests)::bigint as requests
       from usage_totals where grain = 'hour' and bucket >= $1 and error_class <> ''
      group by error_class, key_source order by sum(requests) desc, error_class, key_source`,
    [since],
  )
}

/** Organizations with the most attempts; a deleted one has no name. */
export function busiestOrgs(
  queryable: Queryable,
  { since, limit }: { since: Date; limit: number },
): Promise<(Counts & { org_id: string; name: string | null; credits: number; own_failed: number })[]> {
  return queryable.query(
    `select t.*, o.name from (
       select org_id, ${counts}, sum(credits)::bigint as credits,
              coalesce(sum(failed) filter (where key_source <> 'platform'), 0)::bigint as own_failed
         from usage_totals where grain = 'hour' and bucket >= $1
        group by org_id order by sum(requests) desc, org_id limit $2) t
       left join organizations o on o.id = t.org_id order by t.attempts desc, t.org_id`,
    [since, limit],
  )
}

/** What requests that fell back cost, by currency; '' where they cost nothing that is known. */
export function fallbackCosts(
  queryable: Queryable,
  since: Date,
): Promise<{ currency: string; requests: number; credits: number; cost: string | null; unpriced: number }[]> {
  return queryable.query(
    `select coalesce(currency, '') as currency, count(*) as requests, coalesce(sum(credits), 0)::bigint as credits, sum(cost_pico)::text as cost,
            count(*) filter (where state = 'settled' and error_class is null and cost_pico is null) as unpriced
       from entries where fallback_class is not null and key_source = 'platform' and started_at >= $1
      group by 1 order by 1`,
    [since],
  )
}

export interface Latency {
  provider: string
  key_source: KeySource
  measured: number
  first_p50: number | null
  first_p95: number | null
  all_p50: number | null
  all_p95: number | null
}

/** Of the latest requests that came to an end, at most `sample` of them: a busy day is not read as a whole. */
export function latencies(
  queryable: Queryable,
  { since, sample }: { since: Date; sample: number },
): Promise<Latency[]> {
  const part = (column: string, share: number) =>
    `round(percentile_cont(${share}) within group (order by ${column}))::bigint`
  return queryable.query<Latency>(
    `with latest as (
       select provider, key_source, first_byte_ms, duration_ms from entries
        where started_at >= $1 and state <> 'reserved' and duration_ms is not null
        order by started_at desc, id desc limit $2)
     select provider, key_source, count(*) as measured, ${part('first_byte_ms', 0.5)} as first_p50, ${part('first_byte_ms', 0.95)} as first_p95,
            ${part('duration_ms', 0.5)} as all_p50, ${part('duration_ms', 0.95)} as all_p95
       from latest group by provider, key_source`,
    [since, sample],
  )
}

export interface FailingKey {
  org_id: string
  org_name: string
  user_id: string
  provider: string
  environment: string
  hint: string
  status: KeyStatus
  status_class: ErrorClass | null
  updated_at: Date
  last_used_at: Date | null
}

/** Of `provider_keys`: those in use that do not work now. */
export const failing = `state = 'active' and status in ('invalid', 'permission', 'quota', 'network')`

/** @returns the latest, so many at most, and how many there are */
export async function failingKeys(queryable: Queryable, limit: number): Promise<{ keys: FailingKey[]; count: number }> {
  const [keys, [all]] = await Promise.all([
    queryable.query<FailingKey>(
      `select k.org_id, o.name as org_name, k.user_id, k.provider, k.environment, k.hint, k.status, k.status_class, k.updated_at, k.last_used_at
         from (select * from provider_keys where ${failing}) k join organizations o on o.id = k.org_id
        order by k.updated_at desc limit $1`,
      [limit],
    ),
    queryable.query<{ count: number }>(`select count(*) as count from provider_keys where ${failing}`),
  ])
  return { keys, count: all?.count ?? 0 }
}

import type { Queryable } from '../../store/index.ts'

/** What of an organization's ledger is asked for. `user` limits it to one user's requests. */
export interface EntryFilter {
  /** Undefined: all organizations, for the operator. */
  org: string | undefined
  from: Date
  to: Date
  feature?: string | undefined
  provider?: string | undefined
  environment?: string | undefined
  keySource?: string | undefined
  user?: string | undefined
}

export interface EntryRow {
  id: string
  org_id: string
  request_id: string
  attempt: number
  user_id: string | null
  feature: string | null
  environment: string
  provider: string
  model: string | null
  surface: string
  key_source: 'organization' | 'user' | 'platform'
  host: string
  region: string | null
  state: 'reserved' | 'settled' | 'released'
  status: number | null
  error_class: string | null
  fallback_class: string | null
  input_tokens: number | null
  output_tokens: number | null
  cache_read_tokens: number | null
  cache_write_tokens: number | null
  reasoning_tokens: number | null
  characters: number | null
  audio_ms: number | null
  estimated: boolean
  credits: number
  meter: string | null
  /** Decimal digits: a cost can be larger than a number holds exactly. */
  cost: string | null
  currency: string | null
  started_at: Date
  first_byte_ms: number | null
  duration_ms: number | null
}

type Values = unknown[]

function conditions(filter: EntryFilter, values: Values): string {
  const parts = [`started_at >= $${values.push(filter.from)}`, `started_at < $${values.push(filter.to)}`]
  const equal: readonly [string, string | undefined][] = [
    ['org_id', filter.org],
    ['feature', filter.feature],
    ['provider', filter.provider],
    ['environment', filter.environment],
    ['key_source', filter.keySource],
    ['user_id', filter.user],
  ]
  for (const [column, value] of equal) if (value !== undefined) parts.push(`${column} = $${values.push(value)}`)
  return parts.join(' and ')
}

const failed = `(error_class is not null or status >= 400)`
const outcomes = {
  succeeded: `state <> 'reserved' and not ${failed}`,
  failed,
  fallback: 'fallback_class is not null',
} as const
export type Outcome = keyof typeof outcomes

export interface EntryPage {
  outcome?: Outcome | undefined
  requestId?: string | undefined
  /** The last row of the page before. */
  before?: { startedAt: Date; id: string } | undefined
  limit: number
}

/** Attempts at providers, newest first. */
export function listEntries(queryable: Queryable, filter: EntryFilter, page: EntryPage): Promise<EntryRow[]> {
  const values: Values = []
  const parts = [conditions(filter, values)]
  if (page.outcome) parts.push(outcomes[page.outcome])
  if (page.requestId !== undefined) parts.push(`request_id = $${values.push(page.requestId)}`)
  if (page.before)
    parts.push(`(started_at, id) < ($${values.push(page.before.startedAt)}, $${values.push(page.before.id)})`)
  return queryable.query<EntryRow>(
    `select *, cost_pico::text as cost from entries where ${parts.join(' and ')} order by started_at desc, id desc limit $${values.push(page.limit)}`,
    values,
  )
}

/** How the platform's own keys did, by provider. */
export function platformKeyHealth(
  queryable: Queryable,
  since: Date,
): Promise<
  {
    provider: string
    requests: number
    failed: number
    fallbacks: number
    last_error: string | null
    last_used: Date
  }[]
> {
  return queryable.query(
    `select provider, count(*) as requests, count(*) filter (where ${failed}) as failed, count(*) filter (where fallback_class is not null) as fallbacks,
            (array_agg(error_class order by started_at desc) filter (where error_class is not null))[1] as last_error, max(started_at) as last_used
       from entries where key_source = 'platform' and started_at >= $1 group by provider`,
    [since],
  )
}

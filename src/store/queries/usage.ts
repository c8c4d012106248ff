import type { Queryable } from '../database.ts'
import { asNumber } from './as-number.ts'

/** What sums can be split by. */
export type UsageSplit =
  | 'hour'
  | 'day'
  | 'month'
  | 'feature'
  | 'provider'
  | 'model'
  | 'surface'
  | 'keySource'
  | 'key'
  | 'user'
  | 'environment'
  | 'errorClass'

export interface UsageFilter {
  org: string
  /** Rounded down to the hour, or to the day (UTC) where users are told apart. */
  from: Date
  /** Not included; the hour, or day, that it falls into is. */
  to: Date
  feature?: string | undefined
  provider?: string | undefined
  environment?: string | undefined
  keySource?: string | undefined
  user?: string | undefined
  /** Whole days, as sums that tell users apart have them, so that these add up to this one. */
  wholeDays?: boolean | undefined
  /** The groups of the last row of the page before. */
  after?: readonly (string | null)[] | undefined
  /** Rows at most. */
  limit: number
}

export interface UsageTotalsRow {
  /** In the order of the splits; null: the entries have none. */
  groups: (string | null)[]
  /** See `requestsOf`. */
  requests: number
  attempts: number
  succeeded: number
  failed: number
  /** Neither succeeded nor failed. */
  unanswered: number
  fallbacks: number
  unpriced: number
  input_tokens: number
  output_tokens: number
  cache_read_tokens: number
  cache_write_tokens: number
  reasoning_tokens: number
  characters: number
  audio_ms: number
  credits: number
  /** Currency → decimal digits, in 10^-12 of its unit. */
  costs: Record<string, string>
}

const columns: Readonly<Record<UsageSplit, string>> = {
  hour: `to_char(bucket at time zone 'UTC', 'YYYY-MM-DD"T"HH24:00:00.000"Z"')`,
  day: `to_char(bucket at time zone 'UTC', 'YYYY-MM-DD')`,
  month: `to_char(bucket at time zone 'UTC', 'YYYY-MM')`,
  feature: `nullif(feature, '')`,
  provider: 'provider',
  model: `nullif(model, '')`,
  surface: 'surface',
  keySource: 'key_source',
  key: `nullif(key_id, '')`,
  user: `nullif(user_id, '')`,
  environment: 'environment',
  errorClass: `nullif(error_class, '')`,
}

const counts = [
  'attempts',
  'failed',
  'own_failed',
  'unanswered',
  'fallbacks',
  'unpriced',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'characters',
  'audio_ms',
  'credits',
]

/** A column `requests` counts attempts, since before there was another word for them. */
const sums: Readonly<Record<string, string>> = {
  attempts: 'sum(requests)',
  own_failed: `sum(failed) filter (where key_source <> 'platform')`,
}

const conditions: readonly [keyof UsageFilter, string][] = [
  ['feature', 'feature'],
  ['provider', 'provider'],
  ['environment', 'environment'],
  ['keySource', 'key_source'],
  ['user', 'user_id'],
]

/**
 * Sums of an organization's finished entries, from the totals: by whole hours, and by whole days where a user is named
 * or users are told apart (then `hour` is the day's first). In the order of their groups, none last.
 */
export async function sumUsage(
  queryable: Queryable,
  filter: UsageFilter,
  splits: readonly UsageSplit[],
): Promise<UsageTotalsRow[]> {
  const { text, values } = usageStatement(filter, splits)
  const rows = await queryable.query<UsageTotalsRow & { own_failed: number } & Record<string, unknown>>(text, values)
  return rows.map(({ own_failed: ownFailed, ...row }) => ({
    ...row,
    groups: splits.map((_, at) => row[`g${at}`] as string | null),
    requests: requestsOf({ ...row, ownFailed }),
    succeeded: row.attempts - row.failed - row.unanswered,
  }))
}

/**
 * A request that fell back is two attempts, and one request where both are looked at: a failed one on an own key, and one on
 * the platform's. Where only one of them is, because whose key it was is told apart, that one is the request.
 */
export function requestsOf(counts: { attempts: number; fallbacks: number; ownFailed: number }): number {
  return counts.attempts - Math.min(counts.fallbacks, counts.ownFailed)
}

/** The statement behind `sumUsage`, by itself so that its plan can be looked at. */
export function usageStatement(
  filter: UsageFilter,
  splits: readonly UsageSplit[],
): { text: string; values: unknown[] } {
  const byUser = filter.wholeDays === true || filter.user !== undefined || splits.includes('user')
  const unit = byUser ? 'day' : 'hour'
  const values: unknown[] = [filter.org, byUser ? 'user_day' : 'hour', filter.from, filter.to]
  const where = ['org_id = $1', 'grain = $2', `bucket >= date_trunc('${unit}', $3::timestamptz, 'UTC')`, 'bucket < $4']
  for (const [name, column] of conditions) {
    if (filter[name] !== undefined) where.push(`${column} = $${values.push(filter[name])}`)
  }
  const names = splits.map((_, at) => `g${at}`)
  const groups = splits.map((split, at) => `${columns[split]} as g${at}`)
  const list = (parts: readonly string[]) => parts.map((part) => `${part}, `).join('')
  // Null is greater than every text, but compares with none.
  const place = names.flatMap((name) => [`${name} is null`, `coalesce(${name}, '')`]).join(', ')
  const after = filter.after?.flatMap((group) => [
    `$${values.push(group === null)}::boolean`,
    `$${values.push(group ?? '')}::text`,
  ])
  const text = `with by_currency as (
      select ${list(groups)}currency, sum(cost_pico) as cost, ${counts.map((count) => `${sums[count] ?? `sum(${count})`} as ${count}`).join(', ')}
        from usage_totals where ${where.join(' and ')} group by ${list(names)}currency)
    select ${list(names)}${counts.map((count) => `${asNumber(`coalesce(sum(${count}), 0)`)} as ${count}`).join(', ')},
           coalesce(json_object_agg(currency, cost::text) filter (where currency <> ''), '{}') as costs
      from by_currency ${after === undefined ? '' : `where (${place}) > (${after.join(', ')})`}
      ${names.length > 0 ? `group by ${names.join(', ')} order by ${names.join(', ')}` : ''} limit $${values.push(filter.limit)}`
  return { text, values }
}

import type { Queryable } from '../database.ts'
import { asNumber } from './as-number.ts'

/** What a spend cap is measured by: one sum of one period. */
export interface SpentRow {
  per: 'day' | 'month'
  /** Empty: none. */
  feature: string
  /** Empty: the platform's. */
  key: string
  source: 'own' | 'platform' | 'fallback'
  /** Empty: what has no price. */
  currency: string
  pico: number
  unpriced: number
}

/** One row for each key of an organization; one row with nulls in the key's columns when it has none. */
export interface TenantRow {
  id: string
  plan: string
  add_ons: string[]
  byok_enabled: boolean | null
  locale: string | null
  active_provider: string | null
  /** By user. */
  active_providers: Record<string, string>
  /** With what is left of the allowance. */
  balance: number
  /** Milliseconds of the month that the allowance is for; null: never granted. */
  allowance_ms: number | null
  allowance_size: number
  /** Empty where the plan has no caps. */
  spent: SpentRow[]
  epoch: number
  /** Milliseconds; tells an organization from one of the same id that was deleted. */
  created_ms: number
  /** Day or month → meter → how often. */
  quota_used: Partial<Record<'day' | 'month', Record<string, number>>>
  key_id: string | null
  key_version: number
  holder: 'organization' | 'user'
  user_id: string
  provider: string
  environment: string
  state: 'active' | 'disabled'
  scope: string
  model: string | null
  fallback: boolean | null
  origin: string
  custom_host: boolean
  base_url: string | null
  region: string | null
  /** Milliseconds of the last test, if it found the key to work; null: it did not, or there was none. */
  proved_ms: number | null
  envelope: Uint8Array | null
}

/** What can change in a snapshot, in one row: cheap to ask for many organizations at once. */
export type TenantStampRow = Pick<
  TenantRow,
  'id' | 'plan' | 'epoch' | 'created_ms' | 'balance' | 'allowance_ms' | 'allowance_size' | 'quota_used' | 'spent'
>

/** Milliseconds at which the current day and month began (UTC). */
export interface Periods {
  day: number
  month: number
}

export interface TenantQuestion {
  periods: Periods
  /** The plans that have spend caps: only their organizations' spending is read. */
  capped: readonly string[]
}

// A meter counts per day or per month, and may have counted by both, because the plan changed.
const quotaUsed = `coalesce((
    select json_object_agg(per, meters order by per) from (
      select per, json_object_agg(meter, used order by meter) as meters from quota_usage
       where org_id = o.id
         and ((per = 'day' and period_start = to_timestamp($2::float8 / 1000)) or (per = 'month' and period_start = to_timestamp($3::float8 / 1000)))
       group by per) q), '{}') as quota_used`

const activeProviders = `coalesce((
    select json_object_agg(user_id, provider) from active_providers where org_id = o.id), '{}') as active_providers`

const spent = `case when o.plan = any($4::text[]) then coalesce((
    select json_agg(json_build_object('per', per, 'feature', feature, 'key', key_id, 'source', source, 'currency', currency,
                                      'pico', cost_pico, 'unpriced', unpriced)
                    order by per, feature, key_id, source, currency)
      from spend_totals
     where org_id = o.id
       and ((per = 'day' and period_start = to_timestamp($2::float8 / 1000)) or (per = 'month' and period_start = to_timestamp($3::float8 / 1000)))),
    '[]') else '[]' end as spent`

const stamp = `o.plan, o.epoch, (extract(epoch from o.created_at) * 1000)::bigint as created_ms,
            ${asNumber('o.balance + greatest(o.allowance_size - o.allowance_spent, 0)')} as balance,
            (extract(epoch from o.allowance_month) * 1000)::bigint as allowance_ms, o.allowance_size, ${quotaUsed}, ${spent}`

/** Organizations with their keys, sealed, and what their limits are measured by, in one round. Unknown ids have no row. */
export function loadTenantRows(
  queryable: Queryable,
  ids: readonly string[],
  { periods, capped }: TenantQuestion,
): Promise<TenantRow[]> {
  return queryable.query<TenantRow>(
    `select o.id, o.add_ons, o.byok_enabled, o.locale, o.active_provider, ${activeProviders}, ${stamp},
            k.id as key_id, k.version as key_version, k.holder, k.user_id, k.provider, k.environment, k.state, k.scope,
            k.model, k.fallback, k.origin, k.custom_host, k.base_url, k.region, s.envelope,
            case when k.last_test->>'status' = 'valid'
                 then (extract(epoch from (k.last_test->>'at')::timestamptz) * 1000)::bigint end as proved_ms
       from organizations o
       left join provider_keys k on k.org_id = o.id
       left join key_secrets s on s.key_id = k.id and s.version = k.version
      where o.id = any($1::text[])
      order by o.id, k.id`,
    [ids, periods.day, periods.month, capped],
  )
}

export function loadTenantStamps(
  queryable: Queryable,
  ids: readonly string[],
  { periods, capped }: TenantQuestion,
): Promise<TenantStampRow[]> {
  return queryable.query<TenantStampRow>(`select o.id, ${stamp} from organizations o where o.id = any($1::text[])`, [
    ids,
    periods.day,
    periods.month,
    capped,
  ])
}

export interface TokenRow {
  id: string
  hash: Uint8Array
  kind: 'service' | 'access'
  org_id: string | null
  user_id: string | null
  feature: string | null
  environment: string | null
  expires_at: Date | null
}

/** @param hashes SHA-256 in hexadecimal. Revoked tokens have no row; expired ones do. */
export function loadTokenRows(queryable: Queryable, hashes: readonly string[]): Promise<TokenRow[]> {
  return queryable.query<TokenRow>(
    `select t.id, t.hash, t.kind, t.org_id, t.user_id, t.feature, t.environment, t.expires_at
       from (select decode(h, 'hex') as hash from unnest($1::text[]) h) wanted
       join tokens t on t.hash = wanted.hash
      where t.revoked_at is null`,
    [hashes],
  )
}

/** Those of the ids that are neither revoked nor deleted. */
export async function stillValidTokens(queryable: Queryable, ids: readonly string[]): Promise<string[]> {
  const rows = await queryable.query<{ id: string }>(
    'select id from tokens where id = any($1::text[]) and revoked_at is null',
    [ids],
  )
  return rows.map((row) => row.id)
}

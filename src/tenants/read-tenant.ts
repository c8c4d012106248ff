import { basePathOf } from '../lib/index.ts'
import type { KeyFacts } from '../policy/index.ts'
import type { TenantRow, TenantStampRow } from '../store/index.ts'
import type { SealedKey } from '../vault/index.ts'
import type { Tenant } from './tenant.ts'

/** A tenant, and what shows that it has changed. */
export interface Snapshot {
  tenant: Tenant
  createdMs: number
  /** Credits of a month, which lapse with it, also where the plan gives none any more. */
  hasAllowance: boolean
}

/** Rows of `loadTenantRows`, in any number of organizations, as snapshots by organization. */
export function readTenants(rows: readonly TenantRow[], asOf: number): Map<string, Snapshot> {
  const byOrg = new Map<string, TenantRow[]>()
  for (const row of rows) {
    const others = byOrg.get(row.id)
    if (others) others.push(row)
    else byOrg.set(row.id, [row])
  }
  return new Map([...byOrg].map(([org, own]) => [org, readTenant(own, asOf)]))
}

function readTenant(rows: readonly TenantRow[], asOf: number): Snapshot {
  const [row] = rows as [TenantRow]
  const keyRows = rows.filter((each) => each.key_id !== null)
  return {
    createdMs: row.created_ms,
    hasAllowance: row.allowance_size > 0,
    tenant: {
      org: row.id,
      plan: row.plan,
      addOns: row.add_ons,
      byokEnabled: row.byok_enabled ?? undefined,
      locale: row.locale ?? undefined,
      activeProvider: row.active_provider ?? undefined,
      activeProviders: new Map(Object.entries(row.active_providers)),
      balance: row.balance,
      epoch: row.epoch,
      quotaUsed: row.quota_used,
      spent: row.spent,
      spentAsOf: asOf,
      keys: keyRows.map(readKey),
      proved: new Map(
        keyRows.flatMap((each) => (each.proved_ms === null ? [] : [[each.key_id as string, each.proved_ms]])),
      ),
      sealed: new Map(keyRows.flatMap((each) => readSealed(each) ?? [])),
    },
  }
}

function readKey(row: TenantRow): KeyFacts {
  return {
    id: row.key_id as string,
    version: row.key_version,
    holder: row.holder,
    user: row.user_id,
    provider: row.provider,
    environment: row.environment,
    state: row.state,
    scope: row.scope,
    model: row.model ?? undefined,
    fallback: row.fallback ?? undefined,
    origin: row.origin,
    region: row.region ?? undefined,
    customHost: row.custom_host,
    basePath: ownBasePath(row),
  }
}

/** The path of the customer's own base URL; undefined where there is none, or the host is not the customer's. */
function ownBasePath({ custom_host: customHost, base_url: baseUrl }: TenantRow): string | undefined {
  if (!customHost || baseUrl === null || !URL.canParse(baseUrl)) return undefined
  return basePathOf(baseUrl) || undefined
}

function readSealed(row: TenantRow): [string, SealedKey][] | undefined {
  if (row.envelope === null) return undefined
  const keyId = row.key_id as string
  const binding = {
    org: row.id,
    holder: row.holder,
    user: row.user_id,
    provider: row.provider,
    environment: row.environment,
    keyId,
    version: row.key_version,
    origin: row.origin,
  }
  return [[keyId, { binding, envelope: row.envelope }]]
}

/**
 * The same snapshot when nothing that a decision can see has changed, a new one when only balance, quotas or spending
 * moved, undefined when it must be loaded anew.
 */
export function refreshed(snapshot: Snapshot, stamp: TenantStampRow, asOf: number): Snapshot | undefined {
  const { tenant } = snapshot
  if (stamp.epoch !== tenant.epoch || stamp.created_ms !== snapshot.createdMs) return undefined
  const isSame = isAlike(stamp.quota_used, tenant.quotaUsed) && isAlike(stamp.spent, tenant.spent)
  if (stamp.balance === tenant.balance && isSame) return snapshot
  const numbers = { balance: stamp.balance, quotaUsed: stamp.quota_used, spent: stamp.spent, spentAsOf: asOf }
  return { ...snapshot, tenant: { ...tenant, ...numbers } }
}

/** Rows of one query, which come in one order. */
function isAlike(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

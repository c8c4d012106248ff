import type { OwnkeyError } from '../contract/index.ts'
import { type Clock, periodEnd, periodStart, systemClock } from '../lib/index.ts'
import {
  type Database,
  grantAllowances,
  loadTenantRows,
  loadTenantStamps,
  loadTokenRows,
  type Periods,
  stillValidTokens,
  type TenantRow,
  type TokenRow,
} from '../store/index.ts'
import type { SealedKey } from '../vault/index.ts'
import { createFreshCache, type Verdict } from './fresh-cache.ts'
import { hearChanges } from './hear-changes.ts'
import { dueAllowances, grantDueAllowances, isStale, noLimits, type PlanLimits } from './plan-limits.ts'
import { readTenants, refreshed, type Snapshot } from './read-tenant.ts'
import type { Tenants, TokenFacts } from './tenant.ts'
import { hashToken, looksLikeToken } from './token-format.ts'

export interface TenantsOptions {
  database: Database
  clock?: Clock | undefined
  /** No snapshot and no token older than this is given out. Default 5 000 ms. */
  maxAgeMs?: (() => number) | undefined
  /** Between two checks of all that is in use. Default 1 500 ms. */
  revalidateMs?: number | undefined
  /** Organizations, and tokens, kept at most. Default 20 000. */
  bound?: number | undefined
  /** Takes an outer layer off the ciphertexts (database-side encryption), all at once; they stay sealed. */
  unwrap?: ((sealed: readonly SealedKey[]) => Promise<SealedKey[]>) | undefined
  /** Why nothing may be given out any more; asked whenever something is read or checked. Default: never. */
  refused?: (() => OwnkeyError | undefined) | undefined
  /** What the plans in force limit; default: nothing. */
  limits?: (() => PlanLimits) | undefined
}

export interface LiveTenants extends Tenants {
  /** Resolves once changes are heard at once; rejects never: it is tried again until it works. */
  readonly listening: Promise<void>
  /** Organizations kept, and the age of the oldest snapshot in use, in milliseconds. */
  snapshots(): { count: number; oldestMs: number }
  /** Checks all that is in use now, as it happens by itself every `revalidateMs`. */
  revalidate(): Promise<void>
  close(): Promise<void>
}

const idleMs = 60_000
const unknownMs = 1_000
const deadlineMs = 2_000
const grantEveryMs = 60_000

/**
 * Snapshots of organizations and tokens, read in one round each and kept. What is in use is checked against the database
 * in the background, so that a warm look-up needs no round trip; notifications make changes visible at once, and when
 * they are lost the check does, within `maxAgeMs`.
 */
export function createTenants(options: TenantsOptions): LiveTenants {
  const { clock = systemClock } = options
  const tenants = createFreshCache(tenantParts(options))
  const tokens = createFreshCache(tokenParts(options))
  const hashes = new Map<string, string>()

  let checking: Promise<void> | undefined
  const revalidate = () => {
    hashes.clear()
    checking ??= Promise.all([tenants.revalidate(), tokens.revalidate()]).then(() => {
      checking = undefined
    })
    return checking
  }
  const timer = setInterval(() => void revalidate(), options.revalidateMs ?? 1_500).unref()
  let granting: Promise<unknown> | undefined
  const grantAll = () => {
    // If a round fails, the next one makes up for it. An organization that sends requests gets its allowance with its snapshot.
    granting ??= grantDueAllowances(options.database, options.limits?.() ?? noLimits, periodsAt(clock.now()).month)
      .catch(() => {})
      .finally(() => {
        granting = undefined
      })
  }
  const grantTimer = options.limits && setInterval(grantAll, grantEveryMs).unref()
  let monthEndsAt = periodEnd('month', clock.now())
  // With a snapshot of last month, the first requests of this one would be charged to an allowance that has lapsed.
  const turnMonth = (now: number) => {
    monthEndsAt = periodEnd('month', now)
    const { monthlyCredits } = options.limits?.() ?? noLimits
    tenants.forgetWhere(({ tenant, hasAllowance }) => hasAllowance || Object.hasOwn(monthlyCredits, tenant.plan))
  }
  const forgetToken = (id: string) => tokens.forgetWhere((facts) => facts.id === id)
  const forgetDeleted = (org: string) => {
    tenants.forget(org)
    tokens.forgetWhere((facts) => facts.org === org)
  }
  const hearing = hearChanges(options.database, (change) => {
    if (change.org !== undefined) (change.deleted ? forgetDeleted : tenants.forget)(change.org)
    if (change.token !== undefined) forgetToken(change.token)
  })

  return {
    get(org) {
      const now = clock.now()
      if (now >= monthEndsAt) turnMonth(now)
      const found = tenants.get(org)
      return found instanceof Promise ? found.then((snapshot) => snapshot?.tenant) : found?.tenant
    },
    token(token) {
      const hash = hashOf(token, hashes)
      const found = hash === undefined ? undefined : tokens.get(hash)
      const now = clock.now()
      return found instanceof Promise ? found.then((facts) => unexpired(facts, now)) : unexpired(found, now)
    },
    forget: (org) => tenants.forget(org),
    forgetToken,
    forgetDeleted,
    listening: hearing.started,
    snapshots: () => ({ count: tenants.size, oldestMs: tenants.oldestMs() }),
    revalidate,
    async close() {
      clearInterval(timer)
      clearInterval(grantTimer)
      await hearing.stop()
      await Promise.all([checking, granting])
    },
  }
}

const mostHashes = 20_000

/**
 * The hash by which a token is looked up; undefined for what cannot be a token, so that it costs no query and no place in the cache.
 * @param recent hashes of the tokens seen in the last second or two, which saves hashing them again
 */
function hashOf(token: string, recent: Map<string, string>): string | undefined {
  const known = recent.get(token)
  if (known !== undefined || !looksLikeToken(token)) return known
  const made = hashToken(token)
  if (recent.size >= mostHashes) recent.clear()
  recent.set(token, made)
  return made
}

function unexpired(facts: TokenFacts | undefined, now: number): TokenFacts | undefined {
  return facts?.expiresAt !== undefined && facts.expiresAt <= now ? undefined : facts
}

function common({ clock = systemClock, maxAgeMs = () => 5_000, bound = 20_000 }: TenantsOptions) {
  return { clock, maxAgeMs, bound, unknownMs, idleMs, deadlineMs }
}

/** Refuses new reads; what is kept already grows too old to be given out within `maxAgeMs`. */
function throwIfRefused({ refused }: TenantsOptions): void {
  const why = refused?.()
  if (why) throw why
}

function tenantParts(options: TenantsOptions) {
  const { database, unwrap, clock = systemClock, limits = () => noLimits } = options
  return {
    ...common(options),
    async loadMany(ids: readonly string[]): Promise<Map<string, Snapshot>> {
      throwIfRefused(options)
      const asOf = clock.monotonic()
      const snapshots = readTenants(await loadRows(ids, { database, limits: limits(), now: clock.now() }), asOf)
      return unwrap ? unwrapAll(snapshots, unwrap) : snapshots
    },
    async check(kept: ReadonlyMap<string, Snapshot>): Promise<Map<string, Verdict<Snapshot>>> {
      throwIfRefused(options)
      const asOf = clock.monotonic()
      const periods = periodsAt(clock.now())
      const inForce = limits()
      const stamps = await loadTenantStamps(database, [...kept.keys()], { periods, capped: inForce.capped })
      const verdicts = new Map<string, Verdict<Snapshot>>()
      for (const stamp of stamps) {
        const known = kept.get(stamp.id)
        const keep = known && !isStale(stamp, inForce, periods.month) && refreshed(known, stamp, asOf)
        verdicts.set(stamp.id, keep ? { keep } : 'reload')
      }
      return verdicts
    },
  }
}

/** The rows of these organizations, each with this month's allowance, which is granted here when nobody did before. */
async function loadRows(
  ids: readonly string[],
  { database, limits, now }: { database: Database; limits: PlanLimits; now: number },
): Promise<TenantRow[]> {
  const periods = periodsAt(now)
  const question = { periods, capped: limits.capped }
  const rows = await loadTenantRows(database, ids, question)
  const due = dueAllowances(rows, limits, periods.month)
  if (due.length === 0) return rows
  await grantAllowances(database, due, periods.month)
  return loadTenantRows(database, ids, question)
}

function tokenParts(options: TenantsOptions) {
  const { database } = options
  return {
    ...common(options),
    async loadMany(hashes: readonly string[]): Promise<Map<string, TokenFacts>> {
      throwIfRefused(options)
      const rows = await loadTokenRows(database, hashes)
      return new Map(rows.map((row) => [Buffer.from(row.hash).toString('hex'), readToken(row)]))
    },
    async check(kept: ReadonlyMap<string, TokenFacts>): Promise<Map<string, Verdict<TokenFacts>>> {
      throwIfRefused(options)
      const valid = new Set(
        await stillValidTokens(
          database,
          [...kept.values()].map((facts) => facts.id),
        ),
      )
      return new Map([...kept].map(([hash, facts]) => [hash, valid.has(facts.id) ? { keep: facts } : 'reload']))
    },
  }
}

function readToken(row: TokenRow): TokenFacts {
  return {
    id: row.id,
    kind: row.kind,
    org: row.org_id ?? undefined,
    user: row.user_id ?? undefined,
    feature: row.feature ?? undefined,
    environment: row.environment ?? undefined,
    expiresAt: row.expires_at?.getTime(),
  }
}

async function unwrapAll(
  snapshots: Map<string, Snapshot>,
  unwrap: (sealed: readonly SealedKey[]) => Promise<SealedKey[]>,
): Promise<Map<string, Snapshot>> {
  const wrapped = [...snapshots.values()].flatMap(({ tenant }) => [...tenant.sealed.values()])
  if (wrapped.length === 0) return snapshots
  const byOrg = new Map<string, Map<string, SealedKey>>()
  for (const sealed of await unwrap(wrapped)) {
    const { org, keyId } = sealed.binding
    const own = byOrg.get(org) ?? new Map<string, SealedKey>()
    byOrg.set(org, own.set(keyId, sealed))
  }
  for (const [org, snapshot] of snapshots) {
    snapshot.tenant = { ...snapshot.tenant, sealed: byOrg.get(org) ?? new Map() }
  }
  return snapshots
}

/** Milliseconds at which the UTC day and month of this moment began. */
export function periodsAt(now: number): Periods {
  return { day: periodStart('day', now), month: periodStart('month', now) }
}

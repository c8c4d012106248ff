import { OwnkeyError } from '../../contract/index.ts'
import { within } from '../../lib/index.ts'
import { type EntryEnd, type EntryStart, expectSession, expectUsage, type Standing } from '../../metering/index.ts'
import { type Attempt, capsAsOf } from '../../policy/index.ts'
import type { Usage } from '../../providers/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayDeps } from '../gateway-deps.ts'
import { costsNothing, fetchesJob } from '../request/costs-nothing.ts'
import { fingerprintOf } from '../request/repeat.ts'
import type { Outcome } from './outcome.ts'
import { servedUsage } from './served-usage.ts'
import type { Turn } from './turn.ts'

/** What is known of an attempt when it is sent. */
export function entryStart(exchange: Required<Exchange>, { attempt, index }: Turn): EntryStart {
  const { caller, surface, requestId, model, fallbackClass, head, setup } = exchange
  const quota =
    attempt.meter === undefined ? undefined : setup.policy.plans.get(caller.tenant.plan)?.quotas[attempt.meter]
  return {
    kind: attempt,
    requestId,
    namedByCaller: head.requestId !== undefined,
    sameRequest: fingerprintOf(exchange),
    meterPer: quota?.per,
    meterCounts: quota?.count,
    attempt: index + 1,
    org: caller.tenant.org,
    user: caller.user,
    feature: caller.feature,
    environment: caller.environment,
    provider: attempt.provider,
    model,
    surface: surface.name,
    source: attempt.source,
    key: attempt.key,
    host: attempt.host,
    region: attempt.region,
    credits: attempt.credits,
    meter: attempt.meter,
    fallbackClass,
    startedAt: Date.now(),
  }
}

/** The end of an attempt that could not be made. */
export const unsent: EntryEnd = { durationMs: 0, charged: false }

/** A stream that brought its first events and an error, but no text, is at most this long. */
const nothingServed = 4 * 1024

/**
 * An attempt is charged when it was served: the answer's status is below 400, even if the caller left in the middle or the
 * stream ended with an error. A stream that told an error before any text is not charged.
 */
export function entryEnd(outcome: Outcome, exchange: Required<Exchange>): EntryEnd {
  const { failure, later } = outcome
  const wasEmpty = later !== undefined && outcome.deliveredTokens === 0 && outcome.bytes <= nothingServed
  const served = outcome.relayed && failure === undefined && (outcome.status ?? 500) < 400 && !wasEmpty
  const { usage, estimated } = served ? servedUsage(outcome, exchange) : { usage: outcome.usage, estimated: false }
  const isFree = served && usage === undefined && costsNothing(exchange)
  return {
    status: outcome.status,
    errorClass: failure?.class ?? later?.class ?? (outcome.cut === 'upstream' ? 'network' : undefined),
    usage,
    isFree,
    estimated: estimated && !isFree,
    firstByteMs: outcome.firstByteMs === undefined ? undefined : Math.round(outcome.firstByteMs),
    durationMs: Math.round(outcome.durationMs),
    charged: served,
    model: exchange.lateModel,
  }
}

/** What the organization has left, by the caller's snapshot. */
export function standingOf(exchange: Required<Exchange>, attempt: Attempt, deps: GatewayDeps): Standing {
  const left = leftOf(exchange, attempt, exchange.caller.tenant)
  const { caps } = attempt
  if (caps === undefined || caps.length === 0) return left
  const { org } = exchange.caller.tenant
  return {
    ...left,
    caps,
    expects: () => expectedUsage(exchange),
    renewed: async (readAfter) => {
      const newest = await newestOf(org, readAfter, deps)
      if (newest === undefined) throw new OwnkeyError('org_unknown')
      return { ...leftOf(exchange, attempt, newest), caps: capsAsOf(caps, newest) }
    },
    onWait: (giveUp) => {
      exchange.stopWaiting = giveUp
    },
  }
}

const patienceMs = 1_000

async function newestOf(org: string, readAfter: number, { tenants, ledger }: GatewayDeps): Promise<Tenant | undefined> {
  const known = await tenants.get(org)
  if (known === undefined || known.spentAsOf >= readAfter) return known
  await within(patienceMs, ledger.flush())
  tenants.forget(org)
  return tenants.get(org)
}

function leftOf({ setup }: Required<Exchange>, { meter }: Attempt, tenant: Tenant): Standing {
  const { balance, spentAsOf, quotaUsed } = tenant
  const quota = meter === undefined ? undefined : setup.policy.plans.get(tenant.plan)?.quotas[meter]
  if (meter === undefined || quota === undefined) return { balance, spentAsOf }
  return { balance, spentAsOf, quota: { limit: quota.limit, used: quotaUsed[quota.per]?.[meter] ?? 0 } }
}

function expectedUsage(exchange: Required<Exchange>): readonly Usage[] {
  const { surface, body, characters, send } = exchange
  // What a job has counted is known when it is told; most answers tell nothing new.
  const meters = fetchesJob(exchange) ? 'none' : surface.meters
  if (send !== undefined) return expectSession(meters)
  const { chunks, size: bytes, isComplete: isWhole } = body
  return expectUsage({ meters, chunks, bytes, isWhole, characters })
}

import type { CapLeft, ExplainedDecision } from '../contract/index.ts'
import { periodEnd } from '../lib/index.ts'
import type { CapStanding, Decision, PolicyPlan } from '../policy/index.ts'
import type { Tenant } from '../tenants/index.ts'
import { amountOf } from './money.ts'

type Preflight = Required<Pick<ExplainedDecision, 'allowed' | 'keySource' | 'creditsLeft' | 'quotasLeft' | 'capsLeft'>>

interface Standing {
  tenant: Tenant
  plan: PolicyPlan | undefined
  now: number
}

/** What a product asks before an upload: whether it would be served, by whose key, and what is left of each limit. */
export function showPreflight(decision: Decision, { tenant, plan, now }: Standing): Preflight {
  const quotas = Object.entries(plan?.quotas ?? {})
  return {
    allowed: decision.refusal === undefined,
    keySource: decision.attempts[0]?.source ?? null,
    creditsLeft: tenant.balance,
    quotasLeft: Object.fromEntries(
      quotas.map(([meter, { limit, per }]) => [meter, Math.max(0, limit - (tenant.quotaUsed[per]?.[meter] ?? 0))]),
    ),
    capsLeft: showCaps(decision, now),
  }
}

/** Each cap once, with all whose attempts it counts; also those of an attempt that a cap itself keeps out. */
function showCaps({ attempts, skipped }: Decision, now: number): CapLeft[] {
  const found = new Map<string, { cap: CapStanding; sources: Set<CapLeft['keySources'][number]> }>()
  for (const { caps, source } of [...attempts, ...skipped]) {
    for (const cap of caps ?? []) {
      const name = [cap.scope, cap.per, cap.currency, cap.limitPico, cap.key ?? '*', ...(cap.features ?? ['*'])].join(
        '\n',
      )
      const known = found.get(name) ?? { cap, sources: new Set() }
      known.sources.add(source)
      found.set(name, known)
    }
  }
  return [...found.values()]
    .sort((one, other) => leftOf(one.cap) / one.cap.limitPico - leftOf(other.cap) / other.cap.limitPico)
    .map(({ cap, sources }) => showCap(cap, { keySources: [...sources], now }))
}

function showCap(cap: CapStanding, { keySources, now }: Pick<CapLeft, 'keySources'> & { now: number }): CapLeft {
  const { scope, per, currency, features, uncounted } = cap
  return {
    scope,
    per,
    currency,
    limit: amountOf(cap.limitPico),
    spent: amountOf(cap.spentPico),
    left: amountOf(leftOf(cap)),
    resetsAt: new Date(periodEnd(per, now)).toISOString(),
    ...(features && { features: [...features] }),
    keySources,
    ...(uncounted && {
      uncounted: Object.entries(uncounted).map(([of, pico]) => ({ currency: of, amount: amountOf(pico) })),
    }),
  }
}

function leftOf({ limitPico, spentPico }: CapStanding): number {
  return Math.max(0, limitPico - spentPico)
}

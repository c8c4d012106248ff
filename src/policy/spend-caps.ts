import type { Ask } from './ask.ts'
import type { CapStanding, Spent, TenantFacts } from './decision.ts'
import type { PolicyPlan } from './policy.ts'

const pico = 1e12

/** The caps that count one attempt, with what is spent under each. */
export function capsFor(
  { plan, tenant, feature }: Pick<Ask, 'plan' | 'tenant' | 'feature'>,
  attempt: { key: string; fallback: boolean },
): readonly CapStanding[] | undefined {
  if (plan.caps.length === 0 && plan.fallback.cap === undefined) return undefined
  const caps = plan.caps
    .filter((cap) => cap.features === undefined || (feature !== undefined && cap.features.includes(feature.id)))
    .map((cap) => {
      const byKey = cap.scope === 'key' || cap.scope === 'key_and_feature'
      const byFeature = cap.scope === 'feature' || cap.scope === 'key_and_feature'
      return standing(tenant, {
        ...cap,
        features: byFeature ? [feature?.id ?? ''] : cap.features,
        key: byKey ? attempt.key : undefined,
      })
    })
  const ofFallback = attempt.fallback ? fallbackCap(plan, tenant) : undefined
  return ofFallback ? [...caps, ofFallback] : caps
}

/** What fallbacks may cost the platform; undefined: no limit. */
export function fallbackCap({ fallback }: PolicyPlan, tenant: Pick<TenantFacts, 'spent'>): CapStanding | undefined {
  return fallback.cap && standing(tenant, { ...fallback.cap, scope: 'fallback', per: 'month' })
}

function standing(
  { spent }: Pick<TenantFacts, 'spent'>,
  cap: Pick<CapStanding, 'scope' | 'per' | 'currency' | 'warnAt' | 'features' | 'key'> & { limit: number },
): CapStanding {
  const { scope, per, currency, warnAt, features, key } = cap
  const bare = { scope, per, currency, warnAt, features, key, limitPico: Math.round(cap.limit * pico) }
  let spentPico = 0
  for (const each of spent ?? []) if (countsToward(bare, each)) spentPico += each.pico
  return { ...bare, spentPico }
}

/** Whether spending counts toward a cap. Other currencies do not: nothing here converts money. */
export function countsToward(
  cap: Pick<CapStanding, 'scope' | 'per' | 'currency' | 'features' | 'key'>,
  spent: Omit<Spent, 'pico'>,
): boolean {
  return (
    spent.per === cap.per &&
    spent.currency === cap.currency &&
    (cap.features === undefined || cap.features.includes(spent.feature)) &&
    (cap.key === undefined || cap.key === spent.key) &&
    (cap.scope !== 'fallback' || spent.source === 'fallback')
  )
}

/** The sentence that says which cap is reached; undefined while there is room under all of them. */
export function capReason(caps: readonly CapStanding[] | undefined): string | undefined {
  const full = caps?.find(({ spentPico, limitPico }) => spentPico >= limitPico)
  return full && `${capPhrase(full)} is spent.`
}

const scopes: Readonly<Record<CapStanding['scope'], string>> = {
  organization: 'the organization',
  key: 'this key',
  feature: 'this feature',
  key_and_feature: 'this key and feature',
  fallback: 'fallbacks',
}

/** "The cap of 25 USD per month for this key". */
export function capPhrase({ scope, per, limitPico, currency }: CapStanding): string {
  return `The cap of ${limitPico / pico} ${currency} per ${per} for ${scopes[scope]}`
}

/** Every cap of the plan that something was spent under, one for each key and feature that has one of its own. */
export function capsOf(plan: PolicyPlan, tenant: Pick<TenantFacts, 'spent'>): readonly CapStanding[] {
  const spent = tenant.spent ?? []
  const keys = [...new Set(spent.map(({ key }) => key))]
  const features = [...new Set(spent.map(({ feature }) => feature))]
  const ofFallback = fallbackCap(plan, tenant)
  const all = plan.caps.flatMap((cap) => {
    const byKey = cap.scope === 'key' || cap.scope === 'key_and_feature'
    const byFeature = cap.scope === 'feature' || cap.scope === 'key_and_feature'
    const counted = features.filter((feature) => cap.features?.includes(feature) ?? true)
    return (byKey ? keys : [undefined]).flatMap((key) =>
      (byFeature ? counted.map((feature) => [feature]) : [cap.features]).map((some) =>
        standing(tenant, { ...cap, features: some, key }),
      ),
    )
  })
  return ofFallback ? [...all, ofFallback] : all
}

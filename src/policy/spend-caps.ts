import type { Ask } from './ask.ts'
import type { CapStanding, SentenceFacts, Spent, TenantFacts } from './decision.ts'
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
        rates: plan.ratesInto.get(cap.currency),
      })
    })
  const ofFallback = attempt.fallback ? fallbackCap(plan, tenant) : undefined
  return ofFallback ? [...caps, ofFallback] : caps
}

/** What fallbacks may cost the platform; undefined: no limit. */
export function fallbackCap(
  { fallback: { cap }, ratesInto }: PolicyPlan,
  tenant: Pick<TenantFacts, 'spent'>,
): CapStanding | undefined {
  return cap && standing(tenant, { ...cap, scope: 'fallback', per: 'month', rates: ratesInto.get(cap.currency) })
}

function standing(
  tenant: Pick<TenantFacts, 'spent'>,
  { limit, ...cap }: Omit<CapStanding, 'limitPico' | 'spentPico'> & { limit: number },
): CapStanding {
  return asOf(tenant, { ...cap, limitPico: Math.round(limit * pico) })
}

/** The same caps, with what newer sums say is spent under them. */
export function capsAsOf(caps: readonly CapStanding[], tenant: Pick<TenantFacts, 'spent'>): readonly CapStanding[] {
  return caps.map((cap) => asOf(tenant, cap))
}

function asOf({ spent }: Pick<TenantFacts, 'spent'>, cap: Omit<CapStanding, 'spentPico'>): CapStanding {
  const { scope, per, currency, warnAt, features, key, rates, limitPico } = cap
  const bare = { scope, per, currency, warnAt, features, key, rates, limitPico }
  let spentPico = 0
  let uncounted: Record<string, number> | undefined
  for (const each of spent ?? []) {
    if (!concerns(bare, each)) continue
    const counted = countedPico(bare, each)
    if (counted !== undefined) spentPico += counted
    else if (each.pico > 0) {
      uncounted ??= {}
      uncounted[each.currency] = (uncounted[each.currency] ?? 0) + each.pico
    }
  }
  return { ...bare, spentPico, ...(uncounted && { uncounted }) }
}

type CapTerms = Pick<CapStanding, 'scope' | 'per' | 'currency' | 'features' | 'key' | 'rates'>

/** What a sum adds to a cap, in pico-units of the cap's currency: nothing where it is not about what the cap counts. */
export function towardCap(cap: CapTerms, spent: Spent): number {
  return concerns(cap, spent) ? (countedPico(cap, spent) ?? 0) : 0
}

function concerns(cap: CapTerms, spent: Spent): boolean {
  return (
    spent.per === cap.per &&
    (cap.features === undefined || cap.features.includes(spent.feature)) &&
    (cap.key === undefined || cap.key === spent.key) &&
    (cap.scope !== 'fallback' || spent.source === 'fallback')
  )
}

/** By the operator's exchange rate; undefined: the configuration names none for this currency. */
function countedPico(cap: CapTerms, { currency, pico }: Spent): number | undefined {
  if (currency === cap.currency) return pico
  const rate = cap.rates?.[currency]
  return rate === undefined ? undefined : Math.round(pico * rate)
}

/** Those under which nothing more may be spent. */
export function fullCaps(caps: readonly CapStanding[] | undefined): readonly CapStanding[] {
  return caps?.filter(({ spentPico, limitPico }) => spentPico >= limitPico) ?? []
}

/** The sentence that says which cap is reached; undefined while there is room under all of them. */
export function capReason(caps: readonly CapStanding[] | undefined): string | undefined {
  const [full] = fullCaps(caps)
  return full && `${capPhrase(full)} is spent.`
}

/** What to do about it. */
export const capFix = 'Ask an administrator to raise the plan’s spend cap, or wait for the next period.'

/** What `capReason` names. */
export function capFacts(caps: readonly CapStanding[] | undefined): SentenceFacts | undefined {
  const [full] = fullCaps(caps)
  return full && { cap: `${full.limitPico / pico} ${full.currency}`, per: full.per, capScope: full.scope }
}

/** The period whose end makes room under every cap that is full now. */
export function capsReset(caps: readonly CapStanding[] | undefined): 'day' | 'month' {
  return fullCaps(caps).some(({ per }) => per === 'month') ? 'month' : 'day'
}

const scopes: Readonly<Record<CapStanding['scope'], string>> = {
  organization: 'the organization',
  key: 'this key',
  feature: 'this feature',
  key_and_feature: 'this key and feature',
  fallback: 'fallbacks',
}

/** "The cap of 25 USD per month for this key". @param whom in place of "this key", where nothing else tells which one it is */
export function capPhrase({ scope, per, limitPico, currency }: CapStanding, whom = scopes[scope]): string {
  return `The cap of ${limitPico / pico} ${currency} per ${per} for ${whom}`
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
        standing(tenant, { ...cap, features: some, key, rates: plan.ratesInto.get(cap.currency) }),
      ),
    )
  })
  return ofFallback ? [...all, ofFallback] : all
}

import { counted } from '../lib/index.ts'
import { type Ask, featureTitle, list, ownKeyPhrase, platformSkip } from './ask.ts'
import { chooseModel, mayUse } from './choose-model.ts'
import type { Attempt, KeyFacts, SentenceFacts, SkipCode, Skipped } from './decision.ts'
import { keyRegion } from './key-region.ts'
import type { PlatformRoute, PolicyProvider } from './policy.ts'
import { capFacts, capReason, capsFor } from './spend-caps.ts'

/** The attempt on an own key; its host is the one that the key is bound to. */
export function ownAttempt(ask: Ask, { provider, key }: { provider: PolicyProvider; key: KeyFacts }): Attempt {
  const { plan } = ask
  const scope = key.scope === 'all' ? '' : ` (scope “${plan.scopes[key.scope]?.title ?? key.scope}”)`
  return {
    source: plan.holder,
    provider: provider.id,
    model: chooseModel(ask, provider, key),
    origin: key.origin,
    host: hostOf(key.origin),
    basePath: ownBasePath(provider, key),
    region: keyRegion(key, provider),
    credits: price(ask).ownKey,
    meter: ownKeyIsExempt(ask) ? undefined : meterOf(ask),
    caps: capsFor(ask, { key: key.id, fallback: false }),
    key: { id: key.id, version: key.version },
    fallbackOn: [],
    reason: `${ownKeyPhrase(plan.holder, provider)} serves ${featureTitle(ask)}${scope}.`,
  }
}

/** The operator's path goes with the operator's host, never with a customer's. */
function ownBasePath(provider: PolicyProvider, key: KeyFacts): string | undefined {
  if (key.basePath) return key.basePath
  const route = provider.operatorRoute
  return route && !key.customHost && route.origin === key.origin && route.basePath !== '' ? route.basePath : undefined
}

/** The attempt on the platform's key, or why there is none. Its host is the operator's or the catalogue's, by construction. */
export function platformAttempt(
  ask: Ask,
  { provider, because, fallback = false }: { provider: PolicyProvider; because: string; fallback?: boolean },
): Attempt | Skipped {
  const { plan, policy } = ask
  const skipped = (code: SkipCode, reason: string, facts?: SentenceFacts): Skipped =>
    platformSkip({ provider, code, reason, facts })
  if (plan.policies.get(provider.id) === 'required')
    return skipped('required', `The plan requires an own key for ${provider.name}; ${policy.aiName} never serves it.`)
  if (!provider.hasPlatformKey) return skipped('no_platform_key', `${policy.aiName} has no ${provider.name} key.`)

  const route = routeFor(ask, provider)
  if (!route)
    return provider.routes.length === 0
      ? skipped('no_host', `${policy.aiName} has no host for ${provider.name}.`)
      : skipped('region', regionReason(ask, provider), { noHostIn: (plan.regions ?? []).join(', ') })

  const model = chooseModel(ask, provider)
  if (model !== undefined && !mayUse(ask, { provider, model, own: false }))
    return skipped('model_refused', `${policy.aiName} may not use ${model} with ${provider.name}.`, { model })

  const credits = price(ask).platformKey
  const full = quotaReason(ask)
  if (full !== undefined) return skipped('quota', full.reason, full.facts)
  if (credits > ask.tenant.balance)
    return skipped('credits', creditReason(ask, { credits, whose: policy.aiName }), creditFacts(ask, credits))
  const caps = capsFor(ask, { key: '', fallback })
  const spent = capReason(caps)
  if (spent !== undefined) return { ...skipped('spend_cap', spent, capFacts(caps)), caps }
  return {
    source: 'platform',
    provider: provider.id,
    model,
    origin: route.origin,
    host: route.host,
    basePath: route.basePath === '' ? undefined : route.basePath,
    region: route.region,
    credits,
    meter: meterOf(ask),
    caps,
    fallbackOn: [],
    reason: because,
  }
}

function routeFor({ plan }: Ask, provider: PolicyProvider): PlatformRoute | undefined {
  const { regionSet } = plan
  return regionSet ? provider.routes.find(({ region }) => regionSet.has(region)) : provider.routes[0]
}

function regionReason({ plan, policy }: Ask, provider: PolicyProvider): string {
  return `The plan allows only the regions ${list(plan.regions ?? [])}, and ${policy.aiName} has no ${provider.name} host there.`
}

const nothing = { ownKey: 0, platformKey: 0 }

/** Credits that a success costs, by feature where the plan says so. */
export function price({ plan, feature, request }: Ask): { ownKey: number; platformKey: number } {
  if (request.isFetch) return nothing
  return (feature && plan.credits.features[feature.id]) ?? plan.credits
}

export function creditReason({ tenant }: Ask, { credits, whose }: { credits: number; whose: string }): string {
  return `A request on ${whose} costs ${counted(credits, 'credit')}, and ${tenant.balance} ${tenant.balance === 1 ? 'is' : 'are'} left.`
}

/** What `creditReason` names. */
export function creditFacts({ tenant }: Ask, credits: number): SentenceFacts {
  return { credits, balance: tenant.balance }
}

/** Waiting helps where the plan gives credits anew each month, and enough of them. */
export function creditReset({ plan }: Ask, credits: number): 'month' | undefined {
  return plan.monthlyCredits >= credits ? 'month' : undefined
}

/** The period of the feature's quota; a limit of nothing stays used up. */
export function quotaReset({ plan, feature }: Ask): 'day' | 'month' | undefined {
  const quota = feature?.meter === undefined ? undefined : plan.quotas[feature.meter]
  return quota && quota.limit > 0 ? quota.per : undefined
}

function meterOf({ feature, request }: Ask): string | undefined {
  return request.isFetch ? undefined : feature?.meter
}

/** Undefined while there is room; otherwise the sentence that says what is used up, and what it names. */
export function quotaReason(ask: Ask): { reason: string; facts: SentenceFacts } | undefined {
  const { plan, tenant } = ask
  const meter = meterOf(ask)
  const quota = meter === undefined ? undefined : plan.quotas[meter]
  if (meter === undefined || !quota) return undefined
  const { limit, per, title = meter } = quota
  if ((tenant.quotaUsed[per]?.[meter] ?? 0) < limit) return undefined
  return { reason: `The plan’s limit of ${limit} ${title} per ${per} is used up.`, facts: { limit, title, per } }
}

/** Whether own keys neither count toward the feature's meter nor are stopped by it. */
export function ownKeyIsExempt({ plan, feature }: Ask): boolean {
  const quota = feature?.meter === undefined ? undefined : plan.quotas[feature.meter]
  return quota?.ownKeyExempt ?? true
}

function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('://') + 3)
}

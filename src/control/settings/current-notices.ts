import type { MaskedKey, Notice, Settings, SettingsProvider } from '../../contract/index.ts'
import { type CapStanding, capPhrase, capsOf, type Policy, type PolicyPlan } from '../../policy/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import { amountOf } from '../money.ts'
import { noticeWords } from '../show-notice.ts'
import { type CapOwner, capOwner } from './cap-owner.ts'

type Shown = Pick<
  Settings,
  'platform' | 'providers' | 'features' | 'fallback' | 'quotas' | 'credits' | 'environment' | 'choice'
>

/** What spend-cap notices are read from; it is not on the settings page. */
export interface Spending {
  policy: Policy
  plan: PolicyPlan
  tenant: Tenant
}

/** What a notice is about, before it has words. */
interface Cause {
  kind: string
  /** Tells causes of one kind apart where neither a key nor a meter does. */
  about?: string
  provider?: Pick<SettingsProvider, 'id' | 'name'>
  key?: Pick<MaskedKey, 'id'>
  meter?: string
  facts: Record<string, unknown>
  since: string
}

/** What is read from the state, besides keys: those have notices of their own. */
export const stateKinds: readonly string[] = [
  'quota_near',
  'quota_reached',
  'credits_low',
  'cap_near',
  'cap_reached',
  'unpriced',
  'currency_uncounted',
]

/** A quota is nearly used at this part of its limit; credits are low below this many requests. */
const nearQuota = 0.8
const fewRequests = 20

/**
 * What needs someone now, read from the state itself: it is there as long as its cause is, and no longer. Ids begin with
 * `now_` and stay the same while the cause lasts.
 */
export function currentNotices(shown: Shown, now: number): Notice[] {
  const causes = [
    ...shown.providers.flatMap((provider) => provider.keys.flatMap((key) => ofKey(provider, key, shown))),
    ...ofQuotas(shown, now),
    ...ofCredits(shown, now),
  ]
  return causes.map((cause) => toNotice(cause, shown))
}

/**
 * The same for spend caps, which concern the platform's key as well as own ones.
 * @param member whose page it is: what others spend on keys of their own is no business of this one; absent: the operator's
 */
export function spendingNotices(
  spending: Spending,
  { shown, member, now }: { shown: Pick<Shown, 'platform'>; member: string | undefined; now: number },
): Notice[] {
  const causes = [...ofCaps(spending, now), ...ofUnpriced(spending, now), ...ofOtherCurrencies(spending, now)]
  const notices = causes.map((cause) => toNotice(cause, shown))
  if (member === undefined) return notices
  const others = spending.tenant.keys.filter(({ user }) => user !== '' && user !== member).map(({ id }) => id)
  return notices.filter(({ keyId }) => keyId === null || !others.includes(keyId))
}

function ofKey(provider: SettingsProvider, key: MaskedKey, { fallback, choice }: Shown): Cause[] {
  // What nothing uses, and nobody could replace.
  if (provider.policy === 'unavailable') return []
  const causes: Cause[] = []
  const errorClass = key.statusClass
  const serves = key.state === 'active' && (choice !== 'single' || provider.active)
  if (errorClass && serves) {
    const stepsIn = key.fallback && provider.platformKey && provider.policy !== 'required'
    const steppedIn = stepsIn && fallback.when.includes(errorClass)
    const facts = { errorClass, environment: key.environment, hint: key.hint }
    causes.push({
      kind: steppedIn ? 'fallback_active' : 'key_failing',
      provider,
      key,
      facts,
      since: key.lastTest?.at ?? key.updatedAt,
    })
  }
  if (key.rotation === 'due_soon' || key.rotation === 'overdue') {
    const kind = key.rotation === 'overdue' ? 'rotation_overdue' : 'rotation_due'
    causes.push({
      kind,
      provider,
      key,
      facts: { rotateBy: key.rotateBy, owner: key.owner, environment: key.environment },
      since: key.updatedAt,
    })
  }
  return causes
}

/** Only quotas that some feature counts toward now: with an exempt own key, nobody needs to care about the limit. */
function ofQuotas({ quotas, features }: Shown, now: number): Cause[] {
  return quotas.flatMap(({ meter, title, used, limit, resetsAt }): Cause[] => {
    if (limit === 0 || used < limit * nearQuota) return []
    const counts = features.some(
      ({ meter: of, decision }) =>
        of === meter && (decision.refusal !== undefined || decision.attempts[0]?.meter === meter),
    )
    const facts = { meter, title, used, limit, resetsAt }
    return counts
      ? [{ kind: used >= limit ? 'quota_reached' : 'quota_near', meter, facts, since: new Date(now).toISOString() }]
      : []
  })
}

function ofCredits({ credits, features }: Shown, now: number): Cause[] {
  const prices = features.flatMap(({ decision }) =>
    decision.refusal?.code === 'credits_exhausted'
      ? [Number.POSITIVE_INFINITY]
      : decision.attempts.slice(0, 1).map(({ credits: price }) => price),
  )
  const dearest = Math.max(0, ...prices)
  if (dearest === 0 || credits.balance >= dearest * fewRequests) return []
  return [{ kind: 'credits_low', facts: { balance: credits.balance }, since: new Date(now).toISOString() }]
}

function ofCaps({ policy, plan, tenant }: Spending, now: number): Cause[] {
  return capsOf(plan, tenant).flatMap((cap): Cause[] => {
    if (cap.spentPico < cap.limitPico * cap.warnAt) return []
    const owner = capOwner(cap, { policy, tenant })
    if (owner === undefined) return []
    const named = owner.provider === undefined ? undefined : policy.providers.get(owner.provider)
    const provider = named && { id: named.publicId, name: named.name }
    const kind = cap.spentPico >= cap.limitPico ? 'cap_reached' : 'cap_near'
    const about = ['cap', cap.scope, cap.per, cap.currency, cap.key ?? '*', cap.features?.join('+') ?? '*'].join(':')
    const since = new Date(now).toISOString()
    const facts = { about, ...capFacts(cap, owner) }
    return [{ kind, about, facts, ...(provider && { provider }), ...(cap.key && { key: { id: cap.key } }), since }]
  })
}

function capFacts(cap: CapStanding, { phrase, name }: CapOwner): Record<string, unknown> {
  const { scope, per, currency, features, key } = cap
  return {
    cap: capPhrase(cap, phrase),
    ...(name !== undefined && { capName: name }),
    scope,
    per,
    currency,
    spent: amountOf(cap.spentPico),
    limit: amountOf(cap.limitPico),
    ...(features && { features }),
    ...(key !== undefined && { keyId: key === '' ? null : key }),
  }
}

/** Caps count what has no price as nothing; where there are caps, somebody has to know. */
function ofUnpriced({ plan, tenant }: Spending, now: number): Cause[] {
  if (plan.caps.length === 0 && plan.fallback.cap === undefined) return []
  const unpriced = (tenant.spent ?? [])
    .filter(({ per }) => per === 'month')
    .reduce((sum, each) => sum + (each.unpriced ?? 0), 0)
  return unpriced === 0 ? [] : [{ kind: 'unpriced', facts: { requests: unpriced }, since: new Date(now).toISOString() }]
}

/** Costs in a currency that the caps do not count: somebody has to name its exchange rate. */
function ofOtherCurrencies({ plan, tenant }: Spending, now: number): Cause[] {
  const found = new Map<string, { pico: number; caps: Set<string> }>()
  for (const cap of capsOf(plan, tenant)) {
    for (const [currency, pico] of Object.entries(cap.uncounted ?? {})) {
      const known = found.get(currency) ?? { pico: 0, caps: new Set() }
      found.set(currency, { pico: Math.max(known.pico, pico), caps: known.caps.add(cap.currency) })
    }
  }
  return [...found].map(([currency, { pico, caps }]) => {
    const about = `currency:${currency}`
    const facts = { about, currency, spent: amountOf(pico), caps: [...caps].join(', ') }
    return { kind: 'currency_uncounted', about, facts, since: new Date(now).toISOString() }
  })
}

function toNotice(cause: Cause, { platform }: Pick<Shown, 'platform'>): Notice {
  const { kind, provider, key, meter, facts, since } = cause
  const about = cause.about ?? key?.id ?? meter
  return {
    id: `now_${kind}${about === undefined ? '' : `_${about}`}`,
    kind,
    ...noticeWords(kind, { provider: provider?.name ?? '', aiName: platform.aiName, facts, count: 1 }),
    provider: provider?.id ?? null,
    keyId: key?.id ?? null,
    facts,
    count: 1,
    openedAt: since,
    lastAt: since,
    resolvedAt: null,
  }
}

/** Open stored notices tell more (how often, since when), so they stand in for the same cause read from the state. */
export function mergeNotices(stored: readonly Notice[], current: readonly Notice[]): Notice[] {
  const told = new Set(stored.filter(({ resolvedAt }) => resolvedAt === null).map(causeOf))
  return [...current.filter((notice) => !told.has(causeOf(notice))), ...stored]
}

/** What is stored of the state is as old as the last sweep. Whether it still is so, and how much, is told by what is read now. */
export function asOfNow(stored: readonly Notice[], current: readonly Notice[]): Notice[] {
  const now = new Map(current.map((notice) => [causeOf(notice), notice]))
  return stored.flatMap((notice) => {
    if (!stateKinds.includes(notice.kind)) return [notice]
    const { id, count, openedAt, lastAt } = notice
    const newest = now.get(causeOf(notice))
    return newest === undefined ? [] : [{ ...newest, id, count, openedAt, lastAt }]
  })
}

function causeOf({ kind, keyId, facts }: Notice): string {
  return `${kind} ${facts['about'] ?? keyId ?? facts['meter'] ?? ''}`
}

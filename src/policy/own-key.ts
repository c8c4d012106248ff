import { withArticle } from '../lib/index.ts'
import { type Ask, addKeyFix, featureTitle, list, ownKeyPhrase, ownSkip } from './ask.ts'
import type { KeyFacts, Refusal, SentenceFacts, SkipCode, Skipped, TenantFacts } from './decision.ts'
import { findSlot } from './find-slot.ts'
import { allowsRegion, keyRegion } from './key-region.ts'
import type { FallbackRule, Policy, PolicyPlan, PolicyProvider } from './policy.ts'

/**
 * What an own key does for one request. `usable`: it serves. `stopped`: it is in play and cannot serve, and fallback is off,
 * so the platform's key must not step in. `absent`: it is not in play here, and the platform may serve.
 */
export type OwnKey =
  | { kind: 'usable'; key: KeyFacts }
  | { kind: 'stopped'; key: KeyFacts; skipped: Skipped; refusal: Refusal }
  | { kind: 'absent'; skipped: Skipped }

/** The own key of the request's slot: its holder, provider and environment exactly, or why there is none to use. */
export function ownKey(ask: Ask, provider: PolicyProvider): OwnKey {
  const absent = (code: SkipCode, reason: string, facts?: SentenceFacts): OwnKey => ({
    kind: 'absent',
    skipped: ownSkip(ask, { provider, code, reason, facts }),
  })
  const off = byokOff(ask.plan, ask.tenant)
  if (off !== undefined) return absent('byok_disabled', byokSentences[off], { byok: off })

  const { tenant, plan } = ask
  const people = peopleOf(ask)
  // A request without a user has no slot at all; it must not find the slot of a user with an empty name.
  const key =
    people && findSlot(tenant.keys, { ...people, provider: provider.id, environment: ask.request.environment })
  if (!key) return absent(...whyMissing(ask, provider))

  if (plan.choice === 'single') {
    const active = activeProvider(ask, key)
    if (active !== provider.id) return absent('not_active_provider', ...notActive(ask, { provider, active }))
  }
  if (key.scope !== 'all' && !plan.scopeSets.get(key.scope)?.has(ask.feature?.id ?? '')) {
    const title = plan.scopes[key.scope]?.title ?? key.scope
    return absent(
      'scope',
      `${ownKeyPhrase(plan.holder, provider)} serves “${title}” only, and ${featureTitle(ask)} is outside that scope.`,
      { scope: title },
    )
  }
  return inPlay(ask, { provider, key })
}

/** The key is the one for this request. What is left to check: is it enabled, and in an allowed region? */
function inPlay(ask: Ask, { provider, key }: { provider: PolicyProvider; key: KeyFacts }): OwnKey {
  const phrase = ownKeyPhrase(ask.plan.holder, provider)
  const region = keyRegion(key, provider)
  if (key.state === 'disabled') {
    const reason = `${phrase} is disabled.`
    return halted(ask, {
      key,
      skipped: ownSkip(ask, { provider, code: 'key_disabled', reason }),
      refusal: {
        code: 'missing_key',
        reason,
        ...enableOrFallBack(ask, provider),
      },
    })
  }
  if (!allowsRegion(ask.plan, region)) {
    const allowed = list(ask.plan.regions ?? [])
    const regions = (ask.plan.regions ?? []).join(', ')
    const reason = `${phrase} sends data to the region “${region}”, and the plan allows only ${allowed}.`
    return halted(ask, {
      key,
      skipped: ownSkip(ask, { provider, code: 'region', reason, facts: { region, regions } }),
      refusal: {
        code: 'region_not_allowed',
        reason,
        fix: `Use ${withArticle(provider.name)} key of one of these regions: ${allowed}.`,
        facts: { provider: provider.name, region, regions },
      },
    })
  }
  return { kind: 'usable', key }
}

/** What helps where a key is disabled: fallback only where the customer may turn it on, and something would stand in. */
function enableOrFallBack({ fallback, plan }: Ask, provider: PolicyProvider): Pick<Refusal, 'fix' | 'facts'> {
  const { id, name, hasPlatformKey } = provider
  const couldFallBack = fallback.mode === 'customer' && hasPlatformKey && plan.policies.get(id) !== 'required'
  return couldFallBack
    ? {
        fix: `Enable the ${name} key or paste a new one in the AI settings, or turn fallback on.`,
        facts: { disabled: name },
      }
    : { fix: `Enable the ${name} key in the AI settings.`, facts: { enable: name, disabled: name } }
}

function halted(ask: Ask, { key, skipped, refusal }: { key: KeyFacts; skipped: Skipped; refusal: Refusal }): OwnKey {
  if (fallbackIsOn(ask.fallback, key)) return { kind: 'absent', skipped }
  return {
    kind: 'stopped',
    key,
    skipped,
    refusal: {
      ...refusal,
      reason: `${refusal.reason} Fallback is off, so nothing else may serve ${featureTitle(ask)}.`,
    },
  }
}

/** Whether a failure of this key can ever lead to a fallback. */
export function fallbackIsOn(rule: FallbackRule, key: Pick<KeyFacts, 'fallback'>): boolean {
  if (rule.mode === 'never' || rule.when.length === 0) return false
  return rule.mode === 'always' || (key.fallback ?? rule.default)
}

/** Why own keys are off, and the sentence that says who turned them off. */
export const byokSentences = {
  not_in_plan: 'The plan does not include own keys.',
  turned_off: 'The platform’s administrator turned own keys off for this organization.',
  not_enabled: 'The platform’s administrator has not enabled own keys for this organization.',
}

/** Undefined when own keys are on; otherwise why not. The stricter of the two wins. */
export function byokOff(
  plan: PolicyPlan,
  tenant: Pick<TenantFacts, 'byokEnabled'>,
): keyof typeof byokSentences | undefined {
  if (plan.byok === 'never') return 'not_in_plan'
  if (tenant.byokEnabled === false) return 'turned_off'
  return plan.byok === 'by_operator' && tenant.byokEnabled !== true ? 'not_enabled' : undefined
}

/** Whose keys the request may use; undefined where they belong to users and it names none. */
function peopleOf({ plan, request }: Ask): Pick<KeyFacts, 'holder' | 'user'> | undefined {
  if (plan.holder === 'organization') return { holder: plan.holder, user: '' }
  return request.user ? { holder: plan.holder, user: request.user } : undefined
}

function activeProvider({ tenant }: Ask, { holder, user, environment }: KeyFacts): string | undefined {
  const chosen = holder === 'user' ? tenant.activeProviders?.get(user) : tenant.activeProvider
  if (chosen !== undefined) return chosen
  // Nobody chose yet: a single key leaves no doubt which one is meant.
  const same = tenant.keys.filter(
    (key) => key.holder === holder && key.user === user && key.environment === environment,
  )
  return same.length === 1 ? same[0]?.provider : undefined
}

function notActive(
  { policy }: { policy: Policy },
  { provider, active }: { provider: PolicyProvider; active: string | undefined },
): [string, SentenceFacts?] {
  const name = active === undefined ? undefined : policy.providers.get(active)?.name
  return name === undefined
    ? [`No own provider is active, so the ${provider.name} key is not used.`]
    : [`${name} is the active provider, so the ${provider.name} key is not used.`, { active: name }]
}

/** Why the slot is empty, when another slot of the same people holds a key. Other users' keys are never mentioned. */
function whyMissing(ask: Ask, provider: PolicyProvider): [SkipCode, string, SentenceFacts?] {
  const { tenant, plan, request } = ask
  const people = peopleOf(ask)
  if (!people) return ['no_key', 'Own keys belong to users here, and the request names no user.']
  const slot = { ...people, provider: provider.id }
  const elsewhere = tenant.keys.filter(
    (key) => key.provider === slot.provider && key.user === slot.user && key.holder === slot.holder,
  )
  if (elsewhere.length > 0) {
    const names = elsewhere.map(({ environment }) => environment).sort()
    const phrase =
      names.length === 1
        ? `The own ${provider.name} key is for the environment ${list(names)}`
        : `Own ${provider.name} keys are for the environments ${list(names)}`
    return [
      'environment',
      `${phrase}, and this request is for “${request.environment}”.`,
      { environments: names.join(', '), environment: request.environment },
    ]
  }
  const other =
    plan.holder === 'user'
      ? { holder: 'organization' as const, user: '' }
      : { holder: 'user' as const, user: request.user ?? '' }
  if (findSlot(tenant.keys, { ...other, provider: provider.id, environment: request.environment })) {
    return [
      'holder',
      plan.holder === 'user'
        ? 'The plan uses users’ own keys, not the organization’s.'
        : 'The plan uses the organization’s key, not a user’s own.',
    ]
  }
  return ['no_key', `No own ${provider.name} key is saved.`]
}

/** A remedy without a full stop, and the same for pages in other languages. */
export interface Mend {
  text: string
  facts?: SentenceFacts
}

/** What to do about an own key that is missing or not in play. */
export function mendOwnKey(ask: Ask, { provider, code }: { provider: PolicyProvider; code: SkipCode }): Mend {
  const { name } = provider
  const mends: Partial<Record<SkipCode, Mend>> = {
    scope: { text: `Widen the scope of the ${name} key in the AI settings`, facts: { narrow: name } },
    key_disabled: { text: `Enable the ${name} key in the AI settings`, facts: { enable: name } },
    not_active_provider: { text: `Make ${name} the active provider in the AI settings`, facts: { inactive: name } },
  }
  return mends[code] ?? { text: addKeyFix(ask, provider) }
}

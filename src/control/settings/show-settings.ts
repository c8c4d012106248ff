import type { Notice, Settings } from '../../contract/index.ts'
import { decide, environmentsOf, type PolicyFeature, type PolicyPlan, publicProviderId } from '../../policy/index.ts'
import type { OrganizationRow, ProviderKeyRow } from '../../store/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import { byokOf } from '../byok.ts'
import type { InForce } from '../deps.ts'
import { roleSentence } from '../http/access.ts'
import { type Caller, memberOf } from '../http/caller.ts'
import type { Restorable } from '../queries/restorable.ts'
import { requirePlan } from '../require-plan.ts'
import { showDecision } from '../show-decision.ts'
import { fallbackOn } from '../show-key.ts'
import { activeProviderOf } from './active-provider.ts'
import { asOfNow, currentNotices, mergeNotices, spendingNotices } from './current-notices.ts'
import { canServe, type SettingsContext, showProvider } from './show-provider.ts'
import { showQuotas } from './show-quotas.ts'

export interface SettingsInput {
  row: OrganizationRow
  tenant: Tenant
  inForce: InForce
  caller: Caller
  keys: readonly ProviderKeyRow[]
  restorable: ReadonlyMap<string, Restorable>
  notices: readonly Notice[]
  user: string
  environment: string
  now: number
  sandbox: boolean
}

/** All that the settings page shows this caller, from one version of the configuration and one state of the tenant. */
export function showSettings(input: SettingsInput): Settings {
  const { row, tenant, inForce, environment, user, now, keys, restorable } = input
  const { policy } = inForce
  const plan = requirePlan(row, inForce)
  const features = [...policy.features.values()].filter(({ id }) => plan.featureSet?.has(id) ?? true)
  const place = { holder: plan.holder, user: plan.holder === 'user' ? user : '', environment }
  const active = plan.choice === 'single' ? activeProviderOf(tenant, place) : null
  const context: SettingsContext = { inForce, tenant, plan, features, keys, restorable, user, environment, now, active }
  const byok = byokOf({ plan: row.plan, byokEnabled: row.byok_enabled }, inForce)
  const settings: Settings = {
    platform: showPlatform(inForce),
    org: {
      id: row.id,
      name: row.name,
      plan: row.plan,
      planTitle: plan.title ?? row.plan,
      addOns: row.add_ons,
      locale: row.locale,
    },
    you: showYou(input.caller, { plan, byok }),
    byok,
    holder: plan.holder,
    managers: [...plan.managers],
    verify: plan.verify,
    restoreHours: plan.rotation.overlapHours,
    remindDays: plan.rotation.remindDays.length > 0 ? Math.max(...plan.rotation.remindDays) : null,
    modelChoice: plan.model,
    choice: plan.choice,
    activeProvider: active === null ? null : publicProviderId(policy, active),
    environment,
    environments: environmentsOf(policy, [...keys, { environment }]),
    providers: shownProviders(context).map((provider) => showProvider(provider, context)),
    features: features.map((feature) => showFeature(feature, context)),
    scopes: showScopes(plan, features),
    fallback: { ...pickFallback(plan), on: fallbackOn(plan.fallback, currentKey(input, active)?.fallback) },
    notices: [],
    credits: {
      balance: tenant.balance,
      perRequest: { ownKey: plan.credits.ownKey, platformKey: plan.credits.platformKey },
      features: plan.credits.features,
    },
    quotas: showQuotas(plan, { used: tenant.quotaUsed, features, now }),
    sandbox: input.sandbox,
  }
  const ofSpending = spendingNotices({ policy, plan, tenant }, { shown: settings, member: memberOf(input.caller), now })
  const current = [...ofSpending, ...(byok.enabled ? currentNotices(settings, now) : [])]
  return { ...settings, notices: mergeNotices(asOfNow(input.notices, current), current) }
}

function showPlatform({ config, policy }: InForce): Settings['platform'] {
  const { name, support, logo, colors, locales } = config.platform
  return { name, aiName: policy.aiName, support: support ?? null, logo: logo ?? null, colors, locales }
}

function showYou(caller: Caller, { plan, byok }: { plan: PolicyPlan; byok: Settings['byok'] }): Settings['you'] {
  const you = { id: caller.id, name: caller.name }
  if (caller.kind === 'operator')
    return { ...you, role: 'operator', canManage: byok.enabled, ...(byok.reason ? { reason: byok.reason } : {}) }
  const mayManage = plan.managers.includes(caller.role)
  const reason = !mayManage ? roleSentence(caller.role, plan.managers) : byok.reason
  return { ...you, role: caller.role, canManage: mayManage && byok.enabled, ...(reason ? { reason } : {}) }
}

/** Those that the plan has, that are coming, or that a key is still saved for, in the plan's order. */
function shownProviders({ inForce, plan, features, keys }: SettingsContext) {
  const all = [...inForce.policy.providers.values()]
  const coming = all.filter(({ id, comingSoon }) => comingSoon && plan.policies.get(id) !== 'unavailable')
  const useful = plan.available.filter(
    (provider) => features.length === 0 || features.some((feature) => canServe(feature, provider)),
  )
  const kept = all.filter(
    (provider) =>
      !useful.includes(provider) && !coming.includes(provider) && keys.some((row) => row.provider === provider.id),
  )
  return [...useful, ...coming, ...kept]
}

function showFeature(
  feature: PolicyFeature,
  { inForce, tenant, user, environment, plan, now }: SettingsContext,
): Settings['features'][number] {
  const decision = decide({ feature: feature.id, user, environment }, tenant, inForce.policy)
  const providers = plan.available.filter((provider) => canServe(feature, provider))
  const addOns = [...tenant.addOns, ...plan.addOns]
  return {
    id: feature.id,
    title: feature.title,
    description: feature.description ?? null,
    capability: feature.capability,
    addOn: feature.addOn ?? null,
    included: feature.addOn === undefined || addOns.includes(feature.addOn),
    providers: providers.map(({ publicId }) => publicId),
    meter: feature.meter ?? null,
    decision: showDecision(decision, inForce.policy, now),
  }
}

function showScopes(plan: PolicyPlan, features: readonly PolicyFeature[]): Settings['scopes'] {
  const named = Object.entries(plan.scopes).map(([id, scope]) => ({
    id,
    title: scope.title,
    features: [...scope.features],
  }))
  return [{ id: 'all', title: 'All AI features', features: features.map(({ id }) => id) }, ...named]
}

function pickFallback({ fallback }: PolicyPlan): Omit<Settings['fallback'], 'on'> {
  return { mode: fallback.mode, default: fallback.default, when: [...fallback.when] }
}

/** The key that the page's one toggle speaks of: the active provider's, else the only one. */
function currentKey({ keys, environment }: SettingsInput, active: string | null): ProviderKeyRow | undefined {
  const here = keys.filter((key) => key.environment === environment)
  return here.find(({ provider }) => provider === active) ?? here[0]
}

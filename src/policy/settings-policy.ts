import type { Capability, Holder, ProviderPolicy, Role } from '../contract/index.ts'
import { modelHints } from '../providers/index.ts'
import type { Member, TenantFacts } from './decision.ts'
import { describeFallback, type FallbackDescription } from './describe-fallback.ts'
import { environmentsOf } from './environments.ts'
import { byokOff, byokSentences } from './own-key.ts'
import type { Policy, PolicyFeature, PolicyPlan, PolicyProvider } from './policy.ts'

export interface SettingsModel {
  id: string
  hint?: string | undefined
  recommended: boolean
  default: boolean
}

/** One provider as the settings page offers it. */
export interface SettingsProvider {
  /** The id on the wire. */
  id: string
  /** The catalogue's id, for look-ups inside the server. */
  catalogueId: string
  name: string
  description?: string | undefined
  comingSoon: boolean
  policy: ProviderPolicy
  /** The platform's key could serve it. */
  platformServes: boolean
  models: {
    /** customer: the manager picks; feature: the task does. */
    choice: 'customer' | 'feature'
    /** A model outside `items` may be typed. */
    open: boolean
    items: readonly SettingsModel[]
    refused: readonly { match: string; reason: string }[]
  }
  regions: readonly string[]
  needsBaseUrl: boolean
  keyPage: string
  keyNeeds: readonly string[]
  /** Ids of the plan's features that it could serve. */
  features: readonly string[]
}

/** What the settings page takes from policy, for one member of one organization. */
export interface SettingsPolicy {
  aiName: string
  canManage: boolean
  /** Why not, and who can. */
  reason?: string | undefined
  byok: { enabled: boolean; reason?: string | undefined; fix?: string | undefined }
  holder: Holder
  managers: readonly Role[]
  choice: PolicyPlan['choice']
  verify: PolicyPlan['verify']
  environments: readonly string[]
  providers: readonly SettingsProvider[]
  features: readonly {
    id: string
    title: string
    description?: string | undefined
    capability: Capability
    inPlan: boolean
    addOn?: string | undefined
    addOnMissing: boolean
  }[]
  /** `all` first; `features` are ids. */
  scopes: readonly { id: string; title: string; features: readonly string[] }[]
  fallback: FallbackDescription
}

/** Undefined when the organization's plan is not in the configuration. */
export function settingsPolicy(tenant: TenantFacts, member: Member, policy: Policy): SettingsPolicy | undefined {
  const plan = policy.plans.get(tenant.plan)
  if (!plan) return undefined
  const off = byokOff(plan, tenant)
  const features = [...policy.features.values()]
  const inPlan = features.filter(({ id }) => plan.featureSet?.has(id) ?? true)
  return {
    aiName: policy.aiName,
    ...manageRights({ plan, member, off }),
    byok:
      off === undefined ? { enabled: true } : { enabled: false, reason: byokSentences[off], fix: whomToAsk(policy) },
    holder: plan.holder,
    managers: plan.managers,
    choice: plan.choice,
    verify: plan.verify,
    environments: environmentsOf(policy, tenant.keys),
    providers: shownProviders(policy, plan).map((provider) => describeProvider(provider, { plan, features: inPlan })),
    features: features.map((feature) => describeFeature(feature, { plan, tenant })),
    scopes: [
      { id: 'all', title: 'All AI features', features: inPlan.map(({ id }) => id) },
      ...Object.entries(plan.scopes).map(([id, scope]) => ({ id, ...scope })),
    ],
    fallback: describeFallback(policy, tenant),
  }
}

function manageRights({
  plan,
  member,
  off,
}: {
  plan: PolicyPlan
  member: Member
  off: keyof typeof byokSentences | undefined
}): {
  canManage: boolean
  reason?: string
} {
  if (off !== undefined) return { canManage: false, reason: byokSentences[off] }
  if (plan.managers.includes(member.role)) return { canManage: true }
  return {
    canManage: false,
    reason: `Only ${roleList(plan.managers)} can manage keys here; your role is ${member.role}.`,
  }
}

function roleList(managers: readonly Role[]): string {
  const plural = managers.map((role) => `${role}s`)
  return plural.length < 2 ? plural.join('') : `${plural.slice(0, -1).join(', ')} and ${plural.at(-1)}`
}

function whomToAsk({ platformName, support }: Policy): string {
  return `Ask ${platformName}${support === undefined ? '' : ` (${support})`} to enable own keys for your organization.`
}

/** Announced providers are shown where the plan offers them, though they cannot be used. */
function shownProviders(policy: Policy, plan: PolicyPlan): PolicyProvider[] {
  const coming = [...policy.providers.values()].filter(
    ({ id, comingSoon }) => comingSoon && plan.policies.get(id) !== 'unavailable',
  )
  return [...plan.available, ...coming]
}

function describeProvider(
  provider: PolicyProvider,
  { plan, features }: { plan: PolicyPlan; features: readonly PolicyFeature[] },
): SettingsProvider {
  const { catalogue, rules } = provider
  const policy = plan.policies.get(provider.id) ?? 'unavailable'
  const regions = [
    ...new Set([...provider.routes.map(({ region }) => region), ...Object.keys(catalogue.regions ?? {})]),
  ].filter((region) => region !== 'default')
  return {
    id: provider.publicId,
    catalogueId: provider.id,
    name: provider.name,
    description: provider.description,
    comingSoon: provider.comingSoon,
    policy,
    platformServes: policy === 'optional' && provider.hasPlatformKey && !provider.comingSoon,
    models: {
      choice: plan.model,
      open: !rules.allow || plan.privateModels,
      items: offeredModels(provider),
      refused: rules.refuse,
    },
    regions: plan.regionSet ? regions.filter((region) => plan.regionSet?.has(region)) : regions,
    needsBaseUrl: (catalogue.needsBaseUrl ?? false) && !provider.operatorRoute,
    keyPage: catalogue.keyPage,
    keyNeeds: Object.values(catalogue.keyNeeds),
    features: features.filter((feature) => couldServe(provider, feature)).map(({ id }) => id),
  }
}

function couldServe(provider: PolicyProvider, feature: PolicyFeature): boolean {
  return feature.providers ? feature.providers.includes(provider.id) : provider.capabilities.has(feature.capability)
}

/** The allow list's models in its order, else the catalogue's; never one that is refused. */
function offeredModels(provider: PolicyProvider): SettingsModel[] {
  const { catalogue, rules, hints } = provider
  const literal = rules.allow?.filter((pattern) => !pattern.includes('*')) ?? []
  const ids = [...new Set([...literal, ...catalogue.models.map(({ id }) => id)])].filter(
    (id) => rules.check(id).allowed,
  )
  const wanted = provider.defaultModel ?? catalogue.defaultModels.chat ?? ids[0]
  return ids.map((id) => {
    const known = provider.models.get(id.toLowerCase())
    const isDefault = id === wanted
    // The operator's default is its recommendation; without one the catalogue's counts.
    const recommended = provider.defaultModel === undefined ? (known?.recommended ?? false) : isDefault
    return { id, hint: hints[id] ?? (known?.hint && modelHints[known.hint]), recommended, default: isDefault }
  })
}

function describeFeature(
  feature: PolicyFeature,
  { plan, tenant }: { plan: PolicyPlan; tenant: TenantFacts },
): SettingsPolicy['features'][number] {
  const { id, title, description, capability, addOn } = feature
  const addOnMissing = addOn !== undefined && !tenant.addOns.includes(addOn) && !plan.addOns.includes(addOn)
  return { id, title, description, capability, inPlan: plan.featureSet?.has(id) ?? true, addOn, addOnMissing }
}

import type { Capability, Served, SettingsModel, SettingsProvider } from '../../contract/index.ts'
import {
  allowsRegion,
  decide,
  keyRegion,
  type PolicyFeature,
  type PolicyPlan,
  type PolicyProvider,
  usualModel,
} from '../../policy/index.ts'
import { modelHints, type Provider } from '../../providers/index.ts'
import type { ProviderKeyRow } from '../../store/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import type { InForce } from '../deps.ts'
import type { Restorable } from '../queries/restorable.ts'
import { showKey } from '../show-key.ts'

export interface SettingsContext {
  inForce: InForce
  tenant: Tenant
  plan: PolicyPlan
  features: readonly PolicyFeature[]
  keys: readonly ProviderKeyRow[]
  restorable: ReadonlyMap<string, Restorable>
  /** Whose keys are looked at, where keys belong to users. */
  user: string
  environment: string
  now: number
  /** The provider that serves all; null: none does, or each serves for itself. */
  active: string | null
}

/** One provider's card: what it is, whose keys there are, and what every feature would do with it now. */
export function showProvider(provider: PolicyProvider, context: SettingsContext): SettingsProvider {
  const { inForce, plan, keys, now } = context
  const entry = inForce.providers.find(({ id }) => id === provider.id) as Provider
  const able = context.features.filter((feature) => canServe(feature, provider))
  return {
    id: provider.publicId,
    name: provider.name,
    description: provider.description ?? null,
    policy: plan.policies.get(provider.id) ?? 'unavailable',
    comingSoon: provider.comingSoon,
    capabilities: [...entry.capabilities],
    models: listModels(provider, entry, new Set(able.map(({ capability }) => capability))),
    refusedModels: provider.rules.refuse.map(({ match, reason }) => ({ match, reason })),
    otherModels:
      plan.privateModels ||
      provider.rules.allow === undefined ||
      provider.rules.allow.some((pattern) => pattern.includes('*')),
    defaultModel: usualModel(provider) ?? null,
    keys: keys
      .filter((row) => row.provider === provider.id)
      .map((row) => showKey(row, { policy: inForce.policy, plan, now, restorable: context.restorable.get(row.id) })),
    keyPage: entry.keyPage,
    keyNeeds: Object.values(entry.keyNeeds),
    keyNeedCodes: Object.keys(entry.keyNeeds),
    keyExample: keyExample(entry),
    regions: regionsOf(entry, plan),
    ...defaultHost(provider, entry, plan),
    needsBaseUrl: entry.needsBaseUrl ?? false,
    allowsBaseUrl: true,
    platformKey: provider.hasPlatformKey,
    active: context.active === provider.id,
    affects: able.map(({ id }) => id),
    serves: provider.comingSoon ? [] : able.map((feature) => serve(feature, provider, context)),
  }
}

/** Whether a key of this provider could ever serve the feature. */
export function canServe(feature: PolicyFeature, provider: PolicyProvider): boolean {
  return feature.providers ? feature.providers.includes(provider.id) : provider.capabilities.has(feature.capability)
}

function serve(
  feature: PolicyFeature,
  provider: PolicyProvider,
  { inForce, tenant, user, environment }: SettingsContext,
): Served {
  const { attempts, refusal, skipped } = decide(
    { feature: feature.id, provider: provider.id, user, environment },
    tenant,
    inForce.policy,
  )
  const [first] = attempts
  const own = first !== undefined && first.source !== 'platform'
  const passedOver = skipped.find(({ source }) => source !== 'platform')
  return {
    feature: feature.id,
    source: first?.source ?? null,
    fallback: own && attempts.some(({ source }) => source === 'platform'),
    host: first?.host ?? null,
    region: first?.region ?? null,
    model: first?.model ?? null,
    code: refusal?.code ?? (own ? null : (passedOver?.code ?? null)),
    reason: refusal?.reason ?? (own ? first.reason : (passedOver?.reason ?? first?.reason ?? '')),
  }
}

/** A rule of the configuration has a reason in its own words; the list of allowed models has none. */
const notAllowed = { allow: 'not_allowed', refuse: undefined } as const

/**
 * The configured models, in their order; else those of the catalogue that some feature here can use. Refused ones stay in
 * the list with the reason.
 */
function listModels(provider: PolicyProvider, entry: Provider, needed: ReadonlySet<Capability>): SettingsModel[] {
  const allowed = provider.rules.allow?.filter((pattern) => !pattern.includes('*'))
  const ids =
    allowed && allowed.length > 0
      ? allowed
      : entry.models
          .filter((model) => needed.size === 0 || model.capabilities.some((one) => needed.has(one)))
          .map(({ id }) => id)
  const recommended = recommendedModels(
    provider,
    entry.models.filter((model) => ids.includes(model.id)),
  )
  return ids.map((id) => {
    const known = entry.models.find((model) => model.id === id)
    const verdict = provider.rules.check(id)
    const hint = provider.hints[id]
    const code = verdict.allowed ? (hint === undefined ? known?.hint : undefined) : notAllowed[verdict.rule]
    return {
      id,
      hint: hint ?? (known?.hint ? modelHints[known.hint] : null),
      recommended: recommended.has(id),
      capabilities: [...(known?.capabilities ?? [])],
      ...(verdict.allowed ? {} : { refused: verdict.reason }),
      ...(code === undefined ? {} : { code }),
    }
  })
}

/** The configured default, else the catalogue's recommendations that the rules leave, else the model that is used instead. */
function recommendedModels(provider: PolicyProvider, models: Provider['models']): ReadonlySet<string | undefined> {
  if (provider.defaultModel !== undefined) return new Set([provider.defaultModel])
  const recommended = models.filter((model) => model.recommended)
  const left = recommended.filter(({ id }) => provider.rules.check(id).allowed)
  return new Set(left.length < 1 && recommended.length > 0 ? [usualModel(provider)] : left.map(({ id }) => id))
}

function keyExample({ keyShapes, maskGap }: Provider): string | null {
  const prefix = keyShapes.find((shape) => shape.prefix !== '')?.prefix
  return prefix === undefined ? null : `${prefix}${maskGap}`
}

/** The operator's address or the catalogue's, and whether data may go there. */
function defaultHost(
  provider: PolicyProvider,
  entry: Provider,
  plan: PolicyPlan,
): Pick<SettingsProvider, 'host' | 'hostAllowed'> {
  const origin = provider.operatorRoute?.origin ?? entry.origin
  return {
    host: origin === undefined ? null : new URL(origin).host,
    hostAllowed: allowsRegion(plan, keyRegion({ customHost: origin === undefined, origin: origin ?? '' }, provider)),
  }
}

function regionsOf({ regions }: Provider, plan: PolicyPlan): SettingsProvider['regions'] {
  return Object.entries(regions ?? {})
    .filter(([id]) => id !== 'default')
    .map(([id, origin]) => ({ id, host: new URL(origin).host, allowed: allowsRegion(plan, id) }))
}

import { type CatalogueEntry, type Config, compileModelRules, extendCatalogue, type Plan } from '../config/index.ts'
import type { ProviderPolicy } from '../contract/index.ts'
import { basePathOf } from '../lib/index.ts'
import {
  type FallbackMode,
  type FallbackRule,
  globalRegion,
  type PlatformRoute,
  type Policy,
  type PolicyPlan,
  type PolicyProvider,
} from './policy.ts'

/**
 * Compiles a loaded configuration (provider names already resolved to catalogue ids) for `decide`. Once per version
 * of the configuration.
 */
export function compilePolicy(config: Config, catalogue: readonly CatalogueEntry[]): Policy {
  const providers = new Map(
    extendCatalogue(config, catalogue).map((entry) => [entry.id, compileProvider(entry, config)]),
  )
  const addOnTitle = (id: string | undefined) => id && (config.addOns[id]?.title ?? id)
  const features = new Map(
    Object.entries(config.features).map(([id, one]) => [id, { ...one, id, addOnTitle: addOnTitle(one.addOn) }]),
  )
  const parts = { providers: [...providers.values()], features: [...features.keys()], worth: config.exchangeRates }
  const plans = Object.entries(config.plans).map(([id, plan]) => [id, compilePlan({ ...plan, id }, parts)] as const)
  return {
    platformName: config.platform.name,
    aiName: config.platform.aiName ?? `${config.platform.name} AI`,
    support: config.platform.support,
    features,
    plans: new Map(plans),
    providers,
    names: providerNames([...providers.values()]),
    environments: config.environments,
  }
}

function compileProvider(entry: CatalogueEntry, config: Config): PolicyProvider {
  const own = config.providers[entry.id]
  const base = own?.baseUrl
  const operatorRoute = base === undefined ? undefined : { origin: new URL(base).origin, basePath: basePathOf(base) }
  return {
    id: entry.id,
    publicId: own?.as ?? entry.id,
    name: own?.title ?? entry.name,
    description: own?.description,
    comingSoon: own?.comingSoon ?? false,
    catalogue: entry,
    capabilities: new Set(entry.capabilities),
    models: new Map(entry.models.map((model) => [model.id.toLowerCase(), model])),
    rules: compileModelRules(own?.models ?? { refuse: [] }),
    hints: own?.models.hints ?? {},
    defaultModel: own?.defaultModel,
    hasPlatformKey: own?.platformKey !== undefined,
    operatorRoute,
    routes: platformRoutes(entry, { operatorRoute, region: own?.region }),
  }
}

/** Hosts for the platform's key: the operator's address and region, else the catalogue's. Never a customer's. */
function platformRoutes(
  entry: CatalogueEntry,
  { operatorRoute, region }: { operatorRoute: PolicyProvider['operatorRoute']; region: string | undefined },
): PlatformRoute[] {
  const route = (origin: string, at: string, basePath = ''): PlatformRoute => ({
    origin,
    host: new URL(origin).host,
    basePath,
    region: at,
  })
  if (operatorRoute) return [route(operatorRoute.origin, region ?? globalRegion, operatorRoute.basePath)]
  const regional = Object.entries(entry.regions ?? {}).filter(([name]) => name !== 'default')
  if (region !== undefined && region !== globalRegion) {
    return regional.filter(([name]) => name === region).map(([name, origin]) => route(origin, name))
  }
  const defaultRoute = entry.origin === undefined ? [] : [route(entry.origin, defaultRegion(entry))]
  return region === undefined
    ? [...defaultRoute, ...regional.map(([name, origin]) => route(origin, name))]
    : defaultRoute
}

/** The region of the catalogue's default host: the name it has among the regions, else `global`. */
export function defaultRegion(entry: Pick<CatalogueEntry, 'origin' | 'regions'>): string {
  const named = Object.entries(entry.regions ?? {}).find(
    ([name, origin]) => name !== 'default' && origin === entry.origin,
  )
  return named?.[0] ?? globalRegion
}

function compilePlan(
  plan: Plan & { id: string },
  {
    providers,
    features,
    worth,
  }: { providers: readonly PolicyProvider[]; features: readonly string[]; worth: Config['exchangeRates'] },
): PolicyPlan {
  const policies = new Map(providers.map(({ id }) => [id, policyOf(plan, id)]))
  const named = Object.keys(plan.providers)
  const rank = (provider: PolicyProvider): number => {
    const at = named.indexOf(provider.id)
    return at < 0 ? named.length : at
  }
  return {
    ...plan,
    policies,
    available: providers
      .filter((provider) => policies.get(provider.id) !== 'unavailable' && !provider.comingSoon)
      .sort((one, other) => rank(one) - rank(other)),
    featureSet: plan.features && new Set(plan.features),
    regionSet: plan.regions && new Set(plan.regions),
    scopeSets: new Map(Object.entries(plan.scopes).map(([name, scope]) => [name, new Set(scope.features)])),
    fallbackRules: new Map(['', ...features].map((feature) => [feature, fallbackRule(plan, feature)])),
    ratesInto: ratesInto(plan, worth),
  }
}

/** For each currency that the plan has a cap in: what one unit of every other known one is worth in it. */
function ratesInto({ caps, fallback }: Plan, worth: Config['exchangeRates']): PolicyPlan['ratesInto'] {
  const inDollars: Readonly<Record<string, number>> = { ...worth, USD: 1 }
  const wanted = [...caps, ...(fallback.cap ? [fallback.cap] : [])].map(({ currency }) => currency)
  return new Map(
    [...new Set(wanted)].map((into) => {
      const base = inDollars[into]
      const others = Object.entries(inDollars).filter(([from]) => from !== into)
      return [into, base === undefined ? {} : Object.fromEntries(others.map(([from, each]) => [from, each / base]))]
    }),
  )
}

function policyOf(plan: Plan, provider: string): ProviderPolicy {
  return plan.providers[provider] ?? plan.providers['*'] ?? 'unavailable'
}

const strictness: Readonly<Record<FallbackMode, number>> = { always: 0, customer: 1, never: 2 }

function fallbackRule({ fallback }: Plan, feature: string): FallbackRule {
  const narrower = fallback.features[feature]
  const stricter = narrower?.mode !== undefined && strictness[narrower.mode] > strictness[fallback.mode]
  const when = fallback.when.filter((one) => narrower?.when?.includes(one) ?? true)
  return {
    mode: stricter ? (narrower.mode as FallbackMode) : fallback.mode,
    default: fallback.default,
    when,
    decidedBy: stricter ? 'feature' : 'plan',
  }
}

function providerNames(providers: readonly PolicyProvider[]): Map<string, string> {
  const names = new Map<string, string>()
  for (const { id, catalogue } of providers)
    for (const name of [id, ...(catalogue.aliases ?? [])]) names.set(name.toLowerCase(), id)
  // A configured name wins over an alias of the catalogue: the operator chose it.
  for (const { id, publicId } of providers) names.set(publicId.toLowerCase(), id)
  return names
}

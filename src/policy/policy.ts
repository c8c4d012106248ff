import type { CatalogueEntry, Feature, ModelRules, Plan } from '../config/index.ts'
import type { Capability, ErrorClass, ProviderPolicy } from '../contract/index.ts'

/** Where the platform's own key may be sent, and nothing of the key itself. */
export interface PlatformRoute {
  origin: string
  host: string
  /** The path before the provider's own paths; empty or `/…` without a slash at its end. */
  basePath: string
  region: string
}

/** A provider of the catalogue together with what the configuration says of it. */
export interface PolicyProvider {
  id: string
  /** The id that the API and the page show. */
  publicId: string
  name: string
  description?: string | undefined
  comingSoon: boolean
  catalogue: CatalogueEntry
  capabilities: ReadonlySet<Capability>
  /** The catalogue's models by id in lower case. */
  models: ReadonlyMap<string, CatalogueEntry['models'][number]>
  rules: ModelRules
  hints: Readonly<Record<string, string>>
  defaultModel?: string | undefined
  hasPlatformKey: boolean
  /** The origin and path that the operator's `baseUrl` gives; absent: the catalogue's. */
  operatorRoute?: { origin: string; basePath: string } | undefined
  /** By region; the region of a host without one is `global`. Empty: the platform has no host for it. */
  routes: readonly PlatformRoute[]
}

export interface PolicyFeature extends Feature {
  id: string
  /** What the add-on is called; its id where the configuration gives it no title. */
  addOnTitle?: string | undefined
}

export type FallbackMode = Plan['fallback']['mode']

export interface FallbackRule {
  mode: FallbackMode
  default: boolean
  when: readonly ErrorClass[]
  /** Which of the two rules decided the mode. */
  decidedBy: 'plan' | 'feature'
}

export interface PolicyPlan extends Plan {
  id: string
  /** Provider id → policy; every provider is in it. */
  policies: ReadonlyMap<string, ProviderPolicy>
  /** Providers that are not unavailable, in the order in which they are tried. */
  available: readonly PolicyProvider[]
  featureSet?: ReadonlySet<string> | undefined
  regionSet?: ReadonlySet<string> | undefined
  scopeSets: ReadonlyMap<string, ReadonlySet<string>>
  /** Feature id ('' is none) → what falls back. */
  fallbackRules: ReadonlyMap<string, FallbackRule>
  /** Currency of a cap → currency of a cost → what one unit of the cost is worth in the cap's. */
  ratesInto: ReadonlyMap<string, Readonly<Record<string, number>>>
}

/** One version of the configuration, compiled for decisions. Holds no secret. */
export interface Policy {
  platformName: string
  aiName: string
  support?: string | undefined
  features: ReadonlyMap<string, PolicyFeature>
  plans: ReadonlyMap<string, PolicyPlan>
  providers: ReadonlyMap<string, PolicyProvider>
  /** Id, alias or public id in lower case → provider id. */
  names: ReadonlyMap<string, string>
  /** The only ones there are; absent: every id is one. */
  environments?: readonly string[] | undefined
}

/** The region of a host that belongs to no region. */
export const globalRegion = 'global'

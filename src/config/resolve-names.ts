import { type CatalogueEntry, findProvider } from './extend-catalogue.ts'
import type { Config, Feature, Plan } from './schema.ts'

/** The configuration with every provider under its catalogue id, however the file names it (id, alias, `as`; any case). */
export function resolveNames(config: Config, catalogue: readonly CatalogueEntry[]): Config {
  const shown = new Map(
    Object.entries(config.providers).flatMap(([name, { as }]) =>
      as === undefined ? [] : [[as.toLowerCase(), name] as const],
    ),
  )
  const ofCatalogue = (name: string): string => findProvider(catalogue, name)?.id ?? name
  const resolve = (name: string): string =>
    Object.hasOwn(config.providers, name) ? ofCatalogue(name) : ofCatalogue(shown.get(name.toLowerCase()) ?? name)
  return {
    ...config,
    providers: renamed(config.providers, ofCatalogue),
    features: mapped(config.features, (feature) => resolveFeature(feature, resolve)),
    plans: mapped(config.plans, (plan) => resolvePlan(plan, resolve)),
    prices: renamed(config.prices, resolve),
  }
}

type Resolve = (name: string) => string

function resolveFeature(feature: Feature, resolve: Resolve): Feature {
  const models = renamed(feature.models, resolve)
  return feature.providers
    ? { ...feature, providers: [...new Set(feature.providers.map(resolve))], models }
    : { ...feature, models }
}

function resolvePlan(plan: Plan, resolve: Resolve): Plan {
  const { provider } = plan.fallback
  return {
    ...plan,
    providers: renamed(plan.providers, (name) => (name === '*' ? name : resolve(name))),
    fallback: provider === undefined ? plan.fallback : { ...plan.fallback, provider: resolve(provider) },
  }
}

function renamed<Value>(record: Record<string, Value>, rename: Resolve): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]))
}

function mapped<Value>(record: Record<string, Value>, change: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}

import { ownServerNeeds, type Provider } from '../providers/index.ts'
import type { Config } from './schema.ts'

/** What configuration and policy need of a provider: its facts, not its wire. */
export type CatalogueEntry = Pick<
  Provider,
  | 'id'
  | 'name'
  | 'aliases'
  | 'origin'
  | 'regions'
  | 'needsBaseUrl'
  | 'capabilities'
  | 'models'
  | 'defaultModels'
  | 'keyPage'
  | 'keyNeeds'
  | 'priceCatalogue'
>

/**
 * The catalogue with the configuration's own providers added: each behaves as the one that it is `like`, at the host
 * of its `baseUrl`. Without a `baseUrl` the customers give the host with their key. What the original says of its models, its
 * keys' looks, what they need and where to make them is not true of that host and not taken over.
 */
export function extendCatalogue<Entry extends CatalogueEntry>(
  config: Pick<Config, 'providers'>,
  catalogue: readonly Entry[],
): readonly Entry[] {
  const own = Object.entries(config.providers).flatMap(([id, { like, baseUrl, title }]) => {
    const base = like === undefined ? undefined : findProvider(catalogue, like)
    if (!base) return []
    const { aliases: _aliases, origin: _origin, regions: _regions, needsBaseUrl: _needs, ...rest } = base
    const host = baseUrl === undefined ? { needsBaseUrl: true } : { origin: new URL(baseUrl).origin }
    const unknown = { keyPage: '', keyNeeds: ownServerNeeds, keyShapes: [], models: [], defaultModels: {} }
    return [{ ...rest, ...unknown, ...host, id, name: title ?? id } as unknown as Entry]
  })
  return own.length === 0 ? catalogue : [...catalogue, ...own]
}

/** By id or alias, in any case. */
export function findProvider<Entry extends Pick<CatalogueEntry, 'id' | 'aliases'>>(
  catalogue: readonly Entry[],
  name: string,
): Entry | undefined {
  const wanted = name.toLowerCase()
  return catalogue.find(
    ({ id, aliases }) => id.toLowerCase() === wanted || aliases?.some((alias) => alias.toLowerCase() === wanted),
  )
}

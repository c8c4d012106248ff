import { OwnkeyError } from '../../contract/index.ts'
import { basePathOf, closestName } from '../../lib/index.ts'
import { allowsRegion, keyRegion } from '../../policy/index.ts'
import type { ProviderKeyRow } from '../../store/index.ts'
import type { Choices } from './check-choices.ts'
import type { SlotContext } from './resolve-slot.ts'

/** Where a key will be sent. */
export interface KeyHost {
  origin: string
  /** The path before the provider's own paths; empty or `/…`. */
  basePath: string
  customHost: boolean
  baseUrl: string | null
  region: string | null
}

type BoundHost = Pick<ProviderKeyRow, 'origin' | 'custom_host' | 'base_url' | 'region'>
type HostChoices = Pick<Choices, 'baseUrl' | 'region'>
type Placed = Pick<SlotContext, 'plan' | 'provider' | 'entry'>

/**
 * The host that the choices lead to: the customer's own, the operator's, a region's, or the provider's.
 * @param checkHost gives a base URL's origin or throws `host_not_allowed`
 * @throws OwnkeyError `host_not_allowed`, `region_not_allowed`, `request_invalid`
 */
export function hostFor(choices: HostChoices, slot: Placed, checkHost: (baseUrl: string) => string): KeyHost {
  if (choices.region) checkRegion(choices.region, slot)
  const host = placeOf({ ...choices, region: regionFor(choices, slot) }, slot, checkHost)
  requireAllowedRegion(host, slot)
  return host
}

/** The host that a saved key is bound to, whatever the configuration says today. */
export function hostOf(row: BoundHost, { provider }: Pick<Placed, 'provider'>): KeyHost {
  const base = row.custom_host && row.base_url ? basePathOf(row.base_url) : undefined
  const ofOperator = provider.operatorRoute?.origin === row.origin ? provider.operatorRoute.basePath : ''
  return {
    origin: row.origin,
    basePath: base ?? ofOperator,
    customHost: row.custom_host,
    baseUrl: row.base_url,
    region: row.region,
  }
}

/**
 * A key of a region that the plan does not allow would never serve.
 * @throws OwnkeyError `region_not_allowed`
 */
export function requireAllowedRegion({ region: stated, customHost, origin }: KeyHost, slot: Placed): void {
  const { plan, provider } = slot
  const region = keyRegion({ region: stated ?? undefined, customHost, origin }, provider)
  if (allowsRegion(plan, region)) return
  const regions = (plan.regions ?? []).join(', ')
  const choices = allowedRegions(slot).join(', ')
  throw new OwnkeyError('region_not_allowed', {
    detail: `This ${provider.name} key would send data to the region “${region}”, and the plan allows only: ${regions}.`,
    fix: choices
      ? `Choose one of these regions: ${choices}.`
      : `Use another provider, or ask the platform for a plan that allows a region of ${provider.name}.`,
    facts: { ...(choices ? { choices } : { abroad: provider.name }), provider: provider.name, region, regions },
  })
}

function placeOf(
  { baseUrl, region = null }: HostChoices,
  { provider, entry }: Placed,
  checkHost: (baseUrl: string) => string,
): KeyHost {
  if (baseUrl) {
    const origin = checkHost(baseUrl)
    return { origin, basePath: basePathOf(baseUrl), customHost: true, baseUrl, region }
  }
  const { operatorRoute } = provider
  if (operatorRoute) return { ...operatorRoute, customHost: false, baseUrl: null, region }
  const origin = (region ? entry.regions?.[region] : undefined) ?? entry.origin
  if (origin !== undefined) return { origin, basePath: '', customHost: false, baseUrl: null, region }
  const detail = `${provider.name} has no host of its own; say where your endpoint is.`
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: 'Add "baseUrl", for instance https://your-endpoint.example.com.',
    errors: [{ field: 'body.baseUrl', detail, code: 'host_missing' }],
  })
}

/**
 * Where nobody names a region, the plan forbids the default host's and leaves one other, that one is meant. An address that
 * the customer or the operator gave lies where they say it does; nothing is guessed of it.
 */
function regionFor({ baseUrl, region }: HostChoices, slot: Placed): string | null {
  const { plan, provider, entry } = slot
  if (region || baseUrl || provider.operatorRoute || entry.origin === undefined) return region || null
  if (allowsRegion(plan, keyRegion({ customHost: false, origin: entry.origin }, provider))) return null
  const [only, ...others] = allowedRegions(slot)
  return others.length === 0 ? (only ?? null) : null
}

function regionsOf({ regions = {} }: SlotContext['entry']): string[] {
  return Object.keys(regions).filter((name) => name !== 'default')
}

function allowedRegions({ plan, entry }: Placed): string[] {
  return regionsOf(entry).filter((name) => allowsRegion(plan, name))
}

function checkRegion(region: string, { entry }: Placed): void {
  const known = regionsOf(entry)
  if (known.includes(region)) return
  const meant = closestName(region, known)
  const detail =
    known.length === 0
      ? `${entry.name} has no regions to choose from.`
      : `There is no such region; known are ${known.join(', ')}.`
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: meant ? `Did you mean "${meant}"?` : 'Leave "region" out, or use one of the known ones.',
    errors: [
      known.length === 0
        ? { field: 'body.region', detail, code: 'no_regions' }
        : { field: 'body.region', detail, code: 'unknown_value', facts: { known: known.join(', ') } },
    ],
  })
}

import { calcPrice, type ModelPrice } from '@pydantic/genai-prices'
import { catalogue } from '../providers/index.ts'
import type { PriceRow, PriceTier, TokenRates } from './price-list.ts'

/**
 * Provider id → its id in the maintained price catalogue. Looked up by our own entries alone: the catalogue matches names
 * loosely, and a provider that an operator made up must not be priced like the one whose name it contains.
 */
const catalogueIds: ReadonlyMap<string, string | undefined> = new Map(
  catalogue.map(({ id, priceCatalogue }) => [id, priceCatalogue]),
)

/** Some prices depend on the time of day; none of them changes within a quarter of an hour. */
const slotMs = 15 * 60_000
const bound = 5_000

/** The price of a model at a moment (milliseconds); undefined: the catalogue has none. */
export type FindCataloguePrice = (provider: string, model: string, at: number) => PriceRow | undefined

/**
 * Prices from the catalogue that comes with the package; nothing is ever fetched. A look-up there takes some 40 µs, so its result is
 * kept: for ever if the price does not depend on the time, else for a quarter of an hour.
 */
export function createCataloguePrices(): FindCataloguePrice {
  const known = new Map<string, { row: PriceRow | undefined; slot: number | undefined }>()
  return (provider, model, at) => {
    const providerId = catalogueIds.get(provider)
    if (providerId === undefined || model === '') return undefined
    const name = `${provider}\n${model}`
    const slot = Math.floor(at / slotMs)
    const kept = known.get(name)
    if (kept && (kept.slot === undefined || kept.slot === slot)) return kept.row
    const found = calcPrice({}, model, { providerId, timestamp: new Date(at) })
    const row = found ? toRow(provider, model, found.model_price) : undefined
    // Models are named by callers: what is remembered must have a bound.
    if (known.size >= bound) known.clear()
    known.set(name, { row, slot: found && Array.isArray(found.model.prices) ? slot : undefined })
    return row
  }
}

const tokenRates = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  inputAudio: 'input_audio_mtok',
  inputImage: 'input_image_mtok',
  outputAudio: 'output_audio_mtok',
  outputImage: 'output_image_mtok',
  cacheReadAudio: 'cache_audio_read_mtok',
  cacheReadImage: 'cache_image_read_mtok',
  cacheWriteHour: 'cache_write_1h_mtok',
} as const satisfies Record<keyof TokenRates, string>

function toRow(provider: string, model: string, price: ModelPrice): PriceRow {
  const audioHour = base(price['input_audio_hours'] ?? price['audio_hours'])
  return {
    provider,
    model,
    currency: 'USD',
    ...ratesAt(price, undefined),
    tiers: tiersOf(price),
    audioMinute: audioHour === undefined ? undefined : audioHour / 60,
    requests: base(price['requests_kcount']),
    webSearches: base(price['web_searches_kcount']),
  }
}

function tiersOf(price: ModelPrice): PriceTier[] {
  const starts = Object.values(tokenRates).flatMap((key) => {
    const rate = price[key]
    return typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : []
  })
  return [...new Set(starts)].sort((a, b) => a - b).map((above) => ({ above, ...ratesAt(price, above) }))
}

function ratesAt(price: ModelPrice, above: number | undefined): TokenRates {
  const rates: TokenRates = {}
  for (const [name, key] of Object.entries(tokenRates)) {
    const rate = price[key]
    rates[name as keyof TokenRates] =
      typeof rate === 'object' && above !== undefined
        ? (rate.tiers.findLast(({ start }) => start <= above)?.price ?? rate.base)
        : base(rate)
  }
  return rates
}

function base(rate: ModelPrice[string]): number | undefined {
  return typeof rate === 'object' ? rate.base : rate
}

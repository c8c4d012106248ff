import { starPattern } from '../lib/index.ts'
import { publishedPrices, type Usage } from '../providers/index.ts'
import { createCataloguePrices } from './catalogue-prices.ts'
import { type Cost, costOf, plus, times, toPico } from './cost-of.ts'
import { factorOf } from './factor-of.ts'
import type { PriceRow } from './price-list.ts'

/** What is to be priced. `at` in milliseconds since 1970. */
export interface Sale {
  provider: string
  model?: string | undefined
  usage: Usage
  /** Nothing is billed for it. */
  isFree?: boolean | undefined
  at: number
  /** The provider's host that served it. */
  host?: string | undefined
}

/** The operator's own prices: provider → model, or a pattern with `*` → price. They go before everything else. */
export type PriceOverrides = Readonly<Record<string, Readonly<Record<string, Omit<PriceRow, 'provider' | 'model'>>>>>

export type PriceUsage = (sale: Sale) => Cost | undefined

/**
 * Prices answers by the operator's overrides, then by what the provider says itself, then by the maintained catalogue, then by our
 * own list of what that lacks. What is free costs 0. Undefined: unpriced, because the model is in none of them, or because
 * something was counted for which there is no price; never a guess and never zero.
 */
export function createPrices(overrides: PriceOverrides = {}): PriceUsage {
  const own = createRows(overrideRows(overrides))
  const lacking = createRows(publishedPrices)
  const catalogue = createCataloguePrices()
  const priceOne: PriceUsage = ({ provider, model = '', usage, at, host }) => {
    const override = own(provider, model, at)
    if (override) return costOf(override, usage)
    if (usage.dollars !== undefined) return { costPico: toPico(usage.dollars), currency: 'USD' }
    const listed = catalogue(provider, model, at)
    const row = lacking(provider, model, at)
    const cost = (listed && costOf(listed, usage)) ?? (row && costOf(row, usage))
    return cost && times(cost, factorOf({ provider, model, terms: usage.terms, host }))
  }
  return (sale) => {
    if (sale.isFree) return { costPico: 0, currency: currencyOf(sale.provider, overrides) }
    const others = sale.usage.others ?? []
    return others.reduce<Cost | undefined>(
      (cost, { model, ...usage }) => plus(cost, priceOne({ ...sale, model, usage })),
      priceOne(sale),
    )
  }
}

/** In which a provider's bill is: what costs nothing stands in it too, so that no sum gets a currency of zeros. */
function currencyOf(provider: string, overrides: PriceOverrides): string {
  const [own] = Object.values(overrides[provider] ?? {})
  return (own ?? publishedPrices.find((row) => row.provider === provider))?.currency ?? 'USD'
}

/** The first row that a model fits, at a moment. */
function createRows(rows: readonly PriceRow[]): (provider: string, model: string, at: number) => PriceRow | undefined {
  const byProvider = arrange(rows)
  const known = new Map<string, readonly Row[]>()
  return (provider, model, at) => {
    const all = byProvider.get(provider)
    if (!all) return undefined
    const name = `${provider}\n${model}`
    let fitting = known.get(name)
    if (!fitting) {
      fitting = all.filter(({ fits }) => fits(model))
      // Models are named by callers: what is remembered must have a bound.
      if (known.size > 5_000) known.clear()
      known.set(name, fitting)
    }
    return fitting.find(({ from }) => from <= at)?.price
  }
}

interface Row {
  fits(model: string): boolean
  from: number
  price: PriceRow
}

function overrideRows(overrides: PriceOverrides): PriceRow[] {
  return Object.entries(overrides).flatMap(([provider, models]) =>
    Object.entries(models).map(([model, price]) => ({ ...price, provider, model })),
  )
}

/** The order stays; of the same model the price that began last goes before the older one. */
function arrange(prices: readonly PriceRow[]): Map<string, Row[]> {
  const byProvider = new Map<string, Row[]>()
  for (const price of prices) {
    const rows = byProvider.get(price.provider) ?? []
    byProvider.set(price.provider, rows)
    const from = price.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(`${price.from}T00:00:00Z`)
    const row = { fits: starPattern(price.model), from, price }
    const older = rows.findIndex((other) => other.price.model === price.model && other.from < from)
    if (older < 0) rows.push(row)
    else rows.splice(older, 0, row)
  }
  return byProvider
}

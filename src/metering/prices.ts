import { publishedPrices, type Usage } from '../providers/index.ts'
import { createCataloguePrices } from './catalogue-prices.ts'
import type { PriceRow } from './price-list.ts'

/** Provider cost in millionths of a millionth (10^-12) of the currency's unit: a whole number. */
export interface Cost {
  costPico: number
  currency: string
}

/** What is to be priced. `at` in milliseconds since 1970. */
export interface Sale {
  provider: string
  model?: string | undefined
  usage: Usage
  /** Nothing is billed for it. */
  isFree?: boolean | undefined
  at: number
}

/** The operator's own prices: provider → model, or a pattern with `*` → price. They go before everything else. */
export type PriceOverrides = Readonly<Record<string, Readonly<Record<string, Omit<PriceRow, 'provider' | 'model'>>>>>

export type PriceUsage = (sale: Sale) => Cost | undefined

const pico = 1e12
/** The most that an entry can hold: nine million of the currency's unit. Above nine thousand, the last digits are rounded. */
const largestCost = 9_000_000_000_000_000_000
const units = { token: 1e6, character: 1e3, second: 60, request: 1e3 }

/**
 * Prices answers by the operator's overrides, then by what the provider says itself, then by the maintained catalogue, then by our
 * own list of what that lacks.
 * What is free costs 0. Undefined: unpriced, because the model is in none of them, or because something was counted that it has no price for;
 * never a guess and never zero.
 */
export function createPrices(overrides: PriceOverrides = {}): PriceUsage {
  const own = createRows(overrideRows(overrides))
  const lacking = createRows(publishedPrices)
  const catalogue = createCataloguePrices()
  const priceOne: PriceUsage = ({ provider, model = '', usage, at }) => {
    const override = own(provider, model, at)
    if (override) return costOf(override, usage)
    if (usage.dollars !== undefined) return { costPico: toPico(usage.dollars), currency: 'USD' }
    const listed = catalogue(provider, model, at)
    const cost = listed && costOf(listed, usage)
    if (cost) return cost
    const row = lacking(provider, model, at)
    return row && costOf(row, usage)
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

/** Undefined where one of them is: less than it cost is no cost. */
function plus(one: Cost | undefined, other: Cost | undefined): Cost | undefined {
  if (one === undefined || other === undefined || one.currency !== other.currency) return undefined
  return { ...one, costPico: Math.min(one.costPico + other.costPico, largestCost) }
}

function toPico(amount: number): number {
  return Math.min(Math.round(amount * pico), largestCost)
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
      fitting = all.filter(({ pattern }) => pattern.test(model))
      // Models are named by callers: what is remembered must have a bound.
      if (known.size > 5_000) known.clear()
      known.set(name, fitting)
    }
    return fitting.find(({ from }) => from <= at)?.price
  }
}

interface Row {
  pattern: RegExp
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
    const row = { pattern: toPattern(price.model), from, price }
    const older = rows.findIndex((other) => other.price.model === price.model && other.from < from)
    if (older < 0) rows.push(row)
    else rows.splice(older, 0, row)
  }
  return byProvider
}

function toPattern(model: string): RegExp {
  const parts = model.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

function costOf(price: PriceRow, usage: Usage): Cost | undefined {
  const prompt = (usage.inputTokens ?? 0) + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0)
  const rates = ratesFor(price, prompt)
  // Cached tokens without a price of their own cost at most what others cost.
  const parts: readonly [number | undefined, number | undefined, number][] = [
    [usage.inputTokens, rates.input, units.token],
    [usage.outputTokens, rates.output, units.token],
    [usage.cacheReadTokens, rates.cacheRead ?? rates.input, units.token],
    [usage.cacheWriteTokens, rates.cacheWrite ?? rates.input, units.token],
    [usage.characters, price.characters, units.character],
    [usage.audioSeconds, price.audioMinute, units.second],
  ]
  let sum = 0
  let priced = false
  for (const [count, rate, unit] of parts) {
    if (count === undefined || (count === 0 && rate === undefined)) continue
    // Some answers tell tokens besides what is billed (characters or seconds of speech), or the other way round.
    if (rate === undefined) {
      if (isBilledOtherwise(price)) continue
      return undefined
    }
    sum += Math.round(count * (Math.round(rate * pico) / unit))
    priced = true
  }
  if (priced && price.requests !== undefined) sum += Math.round((price.requests * pico) / units.request)
  return priced ? { costPico: Math.min(sum, largestCost), currency: price.currency } : undefined
}

function isBilledOtherwise(price: PriceRow): boolean {
  return price.characters !== undefined || price.audioMinute !== undefined
}

type Rates = Pick<PriceRow, 'input' | 'output' | 'cacheRead' | 'cacheWrite'>

function ratesFor(price: PriceRow, prompt: number): Rates {
  let rates: Rates = price
  for (const tier of price.tiers ?? []) if (prompt > tier.above) rates = tier
  return rates
}

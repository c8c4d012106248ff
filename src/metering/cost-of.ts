import type { Counts, Usage } from '../providers/index.ts'
import type { PriceRow, TokenRates } from './price-list.ts'

/** Provider cost in millionths of a millionth (10^-12) of the currency's unit: a whole number. */
export interface Cost {
  costPico: number
  currency: string
}

const pico = 1e12
/** The most that an entry can hold: nine million of the currency's unit. Above nine thousand, the last digits are rounded. */
const largestCost = 9_000_000_000_000_000_000
const units = { token: 1e6, character: 1e3, second: 60, request: 1e3 }

interface TokenKind {
  count: keyof Counts
  /** Cached tokens without a price of their own cost at most what others cost. */
  rate(rates: TokenRates): number | undefined
  /** What of it may have a rate of its own. */
  parts: readonly (readonly [keyof Counts, keyof TokenRates])[]
}

const tokenKinds: readonly TokenKind[] = [
  {
    count: 'inputTokens',
    rate: ({ input }) => input,
    parts: [
      ['inputAudioTokens', 'inputAudio'],
      ['inputImageTokens', 'inputImage'],
    ],
  },
  {
    count: 'outputTokens',
    rate: ({ output }) => output,
    parts: [
      ['outputAudioTokens', 'outputAudio'],
      ['outputImageTokens', 'outputImage'],
    ],
  },
  {
    count: 'cacheReadTokens',
    rate: ({ cacheRead, input }) => cacheRead ?? input,
    parts: [
      ['cacheReadAudioTokens', 'cacheReadAudio'],
      ['cacheReadImageTokens', 'cacheReadImage'],
    ],
  },
  {
    count: 'cacheWriteTokens',
    rate: ({ cacheWrite, input }) => cacheWrite ?? input,
    parts: [['cacheWriteHourTokens', 'cacheWriteHour']],
  },
]

/** Count, rate, and how many the rate is for. */
type Line = readonly [count: number | undefined, rate: number | undefined, unit: number]

/** What was counted, at this price; undefined where something was counted that has no price. */
export function costOf(price: PriceRow, usage: Usage): Cost | undefined {
  const lines: Line[] = [
    ...tokenLines(usage, ratesFor(price, usage)),
    [usage.characters, price.characters, units.character],
    [usage.audioSeconds, price.audioMinute, units.second],
    [usage.webSearches, price.webSearches, units.request],
  ]
  let sum = 0
  let priced = false
  for (const [count, rate, unit] of lines) {
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

function tokenLines(usage: Usage, rates: TokenRates): Line[] {
  const lines: Line[] = []
  for (const { count, rate, parts } of tokenKinds) {
    let rest = usage[count]
    if (rest === undefined) continue
    for (const [name, own] of parts) {
      const part = Math.min(usage[name] ?? 0, rest)
      if (part === 0 || rates[own] === undefined) continue
      lines.push([part, rates[own], units.token])
      rest -= part
    }
    lines.push([rest, rate(rates), units.token])
  }
  return lines
}

function isBilledOtherwise(price: PriceRow): boolean {
  return price.characters !== undefined || price.audioMinute !== undefined
}

function ratesFor(price: PriceRow, { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 }: Usage): TokenRates {
  const prompt = inputTokens + cacheReadTokens + cacheWriteTokens
  return price.tiers?.findLast(({ above }) => prompt > above) ?? price
}

/** Undefined where one of them is: less than it cost is no cost. */
export function plus(one: Cost | undefined, other: Cost | undefined): Cost | undefined {
  if (one === undefined || other === undefined || one.currency !== other.currency) return undefined
  return { ...one, costPico: Math.min(one.costPico + other.costPico, largestCost) }
}

/** Undefined: how it was served has no known price. */
export function times(cost: Cost, factor: number | undefined): Cost | undefined {
  if (factor === undefined) return undefined
  return factor === 1 ? cost : { ...cost, costPico: Math.min(Math.round(cost.costPico * factor), largestCost) }
}

export function toPico(amount: number): number {
  return Math.min(Math.round(amount * pico), largestCost)
}

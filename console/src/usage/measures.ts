import type { UsageReport, UsageRow } from '../../../src/contract/index.ts'

type Counts = UsageReport['total']

/** What can be drawn over time. Costs are drawn in one currency, the one with the most requests behind it. */
export const measures = ['requests', 'tokens', 'characters', 'cost', 'credits'] as const
export type Measure = (typeof measures)[number]

export const breakdowns = ['feature', 'model', 'surface', 'provider', 'keySource'] as const
export type Breakdown = (typeof breakdowns)[number]

export function amountOf(counts: Counts, measure: Measure, currency: string): number {
  const amounts: Record<Measure, () => number> = {
    requests: () => counts.requests,
    tokens: () => tokensOf(counts),
    characters: () => counts.characters,
    cost: () => Number(counts.costs.find((cost) => cost.currency === currency)?.amount ?? 0),
    credits: () => counts.credits,
  }
  return amounts[measure]()
}

export function tokensOf(counts: Pick<Counts, 'inputTokens' | 'outputTokens'>): number {
  return counts.inputTokens + counts.outputTokens
}

/** Those that nothing served; what failed and then fell back is not among them. */
export function failedRequests({
  failed,
  requests,
  attempts = requests,
}: Pick<Counts, 'failed' | 'attempts' | 'requests'>) {
  return failed - (attempts - requests)
}

export interface Series {
  /** The value of the breakdown; null: the requests that name none, or `rest` for what is drawn together. */
  id: string | null
  total: number
  /** One amount for each day. */
  amounts: number[]
}

export const restId = '\u0000rest'

/** Rows by day and breakdown → one line of amounts for each value, the largest first, beyond five together. */
export function seriesOf(
  rows: readonly UsageRow[],
  days: readonly string[],
  read: (row: UsageRow) => number,
  breakdown: Breakdown,
): Series[] {
  const byId = new Map<string | null, Series>()
  for (const row of rows) {
    const id = row.group[breakdown] ?? null
    const place = days.indexOf(row.group.day ?? '')
    if (place < 0) continue
    const series = byId.get(id) ?? { id, total: 0, amounts: days.map(() => 0) }
    series.amounts[place] = (series.amounts[place] ?? 0) + read(row)
    series.total += read(row)
    byId.set(id, series)
  }
  const sorted = [...byId.values()].sort((a, b) => b.total - a.total)
  if (sorted.length <= 6) return sorted
  const rest = sorted.slice(5)
  const sum = (place: number) => rest.reduce((total, series) => total + (series.amounts[place] ?? 0), 0)
  return [
    ...sorted.slice(0, 5),
    {
      id: restId,
      total: rest.reduce((total, { total: one }) => total + one, 0),
      amounts: days.map((_, place) => sum(place)),
    },
  ]
}

/** Every day from `from` to `to` (UTC), as `YYYY-MM-DD`. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  const end = Date.parse(to)
  for (let day = Date.parse(`${from.slice(0, 10)}T00:00:00Z`); day < end && days.length < 400; day += 86_400_000) {
    days.push(new Date(day).toISOString().slice(0, 10))
  }
  return days
}

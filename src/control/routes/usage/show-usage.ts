import type { UsageGroup, UsageReport } from '../../../contract/index.ts'
import type { UsageTotalsRow } from '../../../store/index.ts'
import type { CsvTable, CsvValue } from '../../http/csv.ts'
import { decimalFromPico } from '../../money.ts'

type Counts = UsageReport['total']

export function showCounts(row: UsageTotalsRow): Counts {
  return {
    requests: row.requests,
    attempts: row.attempts,
    succeeded: row.succeeded,
    failed: row.failed,
    unanswered: row.unanswered,
    fallbacks: row.fallbacks,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    reasoningTokens: row.reasoning_tokens,
    characters: row.characters,
    audioSeconds: row.audio_ms / 1000,
    credits: row.credits,
    costs: Object.entries(row.costs).map(([currency, pico]) => ({ currency, amount: decimalFromPico(pico) })),
    unpriced: row.unpriced,
  }
}

/** @param shown the value of a group as the caller knows it (public provider ids) */
export function showRows(
  rows: readonly UsageTotalsRow[],
  groupBy: readonly UsageGroup[],
  shown: (group: UsageGroup, value: string | null) => string | null,
): UsageReport['rows'] {
  return rows.map((row) => ({
    group: Object.fromEntries(groupBy.map((group, index) => [group, shown(group, row.groups[index] ?? null)])),
    ...showCounts(row),
  }))
}

const countNames = [
  'requests',
  'succeeded',
  'failed',
  'fallbacks',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'characters',
  'audioSeconds',
  'credits',
  'unpriced',
  'unanswered',
  'attempts',
] as const

/** One column for each currency, so that amounts of different currencies are never added up by a spreadsheet. */
export function usageTable({ rows, groupBy }: Pick<UsageReport, 'rows' | 'groupBy'>): CsvTable {
  const currencies = [...new Set(rows.flatMap(({ costs }) => costs.map(({ currency }) => currency)))].sort()
  return {
    header: [...groupBy, ...countNames, ...currencies.map((currency) => `cost${currency}`)],
    rows: rows.map((row): CsvValue[] => [
      ...groupBy.map((group) => row.group[group]),
      ...countNames.map((name) => row[name]),
      ...currencies.map((currency) => row.costs.find((cost) => cost.currency === currency)?.amount),
    ]),
  }
}

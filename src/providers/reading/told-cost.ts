import type { Usage, UsageReading } from '../usage-reading.ts'
import { at } from './is-record.ts'

/**
 * A reading of `usage` that also tells what the answer cost: `cost` (OpenRouter), `cost.total_cost` (Perplexity),
 * `cost_in_usd_ticks` (xAI).
 */
export function withToldCost({ read, ...reading }: UsageReading): UsageReading {
  return {
    ...reading,
    read: (marker, value) => {
      const dollars = dollarsOf(value)
      return dollars === undefined ? read(marker, value) : { ...read(marker, value), dollars }
    },
  }
}

/** xAI tells costs in ticks. */
export const ticksPerDollar = 1e10

/** With a customer's key at OpenRouter itself, `cost` is its fee alone; what the model's own maker takes stands beside it. */
function dollarsOf(usage: unknown): Usage['dollars'] {
  const ticks = amount(at(usage, 'cost_in_usd_ticks'))
  if (ticks !== undefined) return ticks / ticksPerDollar
  const cost = amount(at(usage, 'cost')) ?? amount(at(usage, 'cost', 'total_cost'))
  if (cost === undefined || at(usage, 'is_byok') !== true) return cost
  return cost + (amount(at(usage, 'cost_details', 'upstream_inference_cost')) ?? 0)
}

const amount = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined

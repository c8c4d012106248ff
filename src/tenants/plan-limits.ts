import { type Allowance, grantAllowances, type Queryable, staleAllowances, type TenantRow } from '../store/index.ts'

/** What snapshots must know of the plans. */
export interface PlanLimits {
  /** The plans that have spend caps. */
  capped: readonly string[]
  /** Plan → credits that each of its organizations has anew every month; absent: none. */
  monthlyCredits: Readonly<Record<string, number>>
}

export const noLimits: PlanLimits = { capped: [], monthlyCredits: {} }

type AllowanceFacts = Pick<TenantRow, 'id' | 'plan' | 'allowance_ms' | 'allowance_size'>

/** Whether an organization's allowance is another month's: it has lapsed, or this month's is not granted yet. */
export function isStale(row: AllowanceFacts, { monthlyCredits }: PlanLimits, month: number): boolean {
  if (row.allowance_ms !== null && row.allowance_ms >= month) return false
  return row.allowance_size > 0 || (monthlyCredits[row.plan] ?? 0) > 0
}

/** This month's allowances of the organizations among the rows that have not got theirs. */
export function dueAllowances(rows: readonly AllowanceFacts[], limits: PlanLimits, month: number): Allowance[] {
  const due = new Map<string, Allowance>()
  for (const row of rows) {
    if (!isStale(row, limits, month)) continue
    due.set(row.id, { org: row.id, credits: limits.monthlyCredits[row.plan] ?? 0 })
  }
  return [...due.values()]
}

const atOnce = 500

/**
 * Grants this month's allowance to every organization that does not have it yet. An active one gets it with its first snapshot of the
 * month; this is for the others.
 * @param month milliseconds at which it began (UTC)
 * @returns how many got theirs now
 */
export async function grantDueAllowances(
  queryable: Queryable,
  { monthlyCredits }: PlanLimits,
  month: number,
): Promise<number> {
  const plans = Object.keys(monthlyCredits)
  let granted = 0
  for (;;) {
    const stale = await staleAllowances(queryable, { month, plans, limit: atOnce })
    const due = stale.map(({ id, plan }) => ({ org: id, credits: monthlyCredits[plan] ?? 0 }))
    granted += (await grantAllowances(queryable, due, month)).length
    if (stale.length < atOnce) return granted
  }
}

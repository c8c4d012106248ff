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

/**
 * Whether an organization's allowance is another month's: it has lapsed, or this month's is not granted yet, also because the plan gave
 * none when the month began.
 */
export function isStale(row: AllowanceFacts, { monthlyCredits }: PlanLimits, month: number): boolean {
  const gives = (monthlyCredits[row.plan] ?? 0) > 0
  if (row.allowance_ms === null || row.allowance_ms < month) return gives || row.allowance_size > 0
  return row.allowance_ms === month && row.allowance_size === 0 && gives
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

/** Grants this month's allowance to one organization, if it has not got it. @param month milliseconds at which it began (UTC) */
export async function grantDueAllowance(
  queryable: Queryable,
  row: AllowanceFacts,
  { limits, month }: { limits: PlanLimits; month: number },
): Promise<void> {
  await grantAllowances(queryable, dueAllowances([row], limits, month), month)
}

/**
 * What an organization has: where this month's allowance waits for its first need, as if it were granted. So a balance reads the same
 * before and after, and reading it writes nothing.
 */
export function balanceOf(
  row: AllowanceFacts & { balance: number; allowance_left: number; overdrawn: number },
  limits: PlanLimits,
  month: number,
): number {
  if (!isStale(row, limits, month)) return row.balance
  const coming = Math.max((limits.monthlyCredits[row.plan] ?? 0) - row.overdrawn, 0)
  return row.balance - row.allowance_left + coming
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

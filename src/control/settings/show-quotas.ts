import type { SettingsQuota } from '../../contract/index.ts'
import type { PolicyFeature, PolicyPlan } from '../../policy/index.ts'

/** The hosted limits of the plan that some feature of this organization counts toward. */
export function showQuotas(
  plan: PolicyPlan,
  { used, features, now }: { used: Readonly<Record<string, number>>; features: readonly PolicyFeature[]; now: number },
): SettingsQuota[] {
  return Object.entries(plan.quotas).map(([meter, { title, limit, per, ownKeyExempt }]) => ({
    meter,
    title: title ?? meter.replaceAll('_', ' '),
    used: used[meter] ?? 0,
    limit,
    per,
    resetsAt: nextPeriod(now, per).toISOString(),
    ownKeyExempt,
    features: features.filter((feature) => feature.meter === meter).map(({ id }) => id),
  }))
}

/** Calendar periods in UTC. */
export function nextPeriod(now: number, per: 'day' | 'month'): Date {
  const date = new Date(now)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  return new Date(per === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1))
}

import type { SettingsQuota } from '../../contract/index.ts'
import { periodEnd } from '../../lib/index.ts'
import type { PolicyFeature, PolicyPlan, QuotaUsed } from '../../policy/index.ts'

/** The hosted limits of the plan that some feature of this organization counts toward. */
export function showQuotas(
  plan: PolicyPlan,
  { used, features, now }: { used: QuotaUsed; features: readonly PolicyFeature[]; now: number },
): SettingsQuota[] {
  return Object.entries(plan.quotas).map(([meter, { title, limit, per, ownKeyExempt }]) => ({
    meter,
    title: title ?? meter.replaceAll('_', ' '),
    used: used[per]?.[meter] ?? 0,
    limit,
    per,
    resetsAt: new Date(periodEnd(per, now)).toISOString(),
    ownKeyExempt,
    features: features.filter((feature) => feature.meter === meter).map(({ id }) => id),
  }))
}

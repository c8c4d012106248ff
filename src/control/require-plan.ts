import { OwnkeyError } from '../contract/index.ts'
import type { PolicyPlan } from '../policy/index.ts'
import type { OrganizationRow } from '../store/index.ts'
import type { InForce } from './deps.ts'

/** @throws OwnkeyError `plan_unknown` */
export function requirePlan(row: OrganizationRow, { policy }: Pick<InForce, 'policy'>): PolicyPlan {
  const plan = policy.plans.get(row.plan)
  if (plan) return plan
  throw new OwnkeyError('plan_unknown', {
    detail: `The organization is on the plan "${row.plan}", which the configuration no longer has.`,
    fix: 'Ask the platform to move the organization to one of its plans.',
    facts: { plan: row.plan },
  })
}

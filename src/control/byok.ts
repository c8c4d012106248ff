import type { ByokCode } from '../contract/index.ts'
import type { InForce } from './deps.ts'

/** Whether an organization may have own keys, and if not, why and whom to ask. */
export function byokOf(
  { plan, byokEnabled }: { plan: string; byokEnabled: boolean | null | undefined },
  { policy }: Pick<InForce, 'policy'>,
): { enabled: boolean; reason?: string; code?: ByokCode } {
  const ask = policy.support ? ` Ask ${policy.support}.` : ` Ask the administrator of ${policy.platformName}.`
  const rule = policy.plans.get(plan)?.byok ?? 'never'
  if (rule === 'never')
    return { enabled: false, code: 'not_in_plan', reason: `Your plan does not include own keys.${ask}` }
  if (byokEnabled === false)
    return { enabled: false, code: 'turned_off', reason: `Own keys are turned off for your organization.${ask}` }
  if (rule === 'by_operator' && byokEnabled !== true) {
    return { enabled: false, code: 'not_enabled', reason: `Own keys are not enabled for your organization yet.${ask}` }
  }
  return { enabled: true }
}

import type { ByokCode } from '../contract/index.ts'
import { byokOff } from '../policy/index.ts'
import type { InForce } from './deps.ts'

/** To the organization itself; `decide` says the same of it to others. */
const sentences: Readonly<Record<ByokCode, string>> = {
  not_in_plan: 'Your plan does not include own keys.',
  turned_off: 'Own keys are turned off for your organization.',
  not_enabled: 'Own keys are not enabled for your organization yet.',
}

/** Whether an organization may have own keys, and if not, why and whom to ask. */
export function byokOf(
  { plan, byokEnabled }: { plan: string; byokEnabled: boolean | null | undefined },
  { policy }: Pick<InForce, 'policy'>,
): { enabled: boolean; reason?: string; code?: ByokCode } {
  const known = policy.plans.get(plan)
  const code = known === undefined ? 'not_in_plan' : byokOff(known, { byokEnabled: byokEnabled ?? undefined })
  if (code === undefined) return { enabled: true }
  return {
    enabled: false,
    code,
    reason: `${sentences[code]} Ask ${policy.support ?? `the administrator of ${policy.platformName}`}.`,
  }
}

import type { Org } from '../contract/index.ts'
import { publicProviderId } from '../policy/index.ts'
import type { OrganizationRow } from '../store/index.ts'
import { balanceOf, periodsAt } from '../tenants/index.ts'
import { byokOf } from './byok.ts'
import type { InForce } from './deps.ts'

/** The organization as the operator sees it. */
export function showOrg(row: OrganizationRow, { inForce, now }: { inForce: InForce; now: number }): Org {
  return {
    id: row.id,
    name: row.name,
    plan: row.plan,
    addOns: row.add_ons,
    byokEnabled: row.byok_enabled,
    byok: byokOf({ plan: row.plan, byokEnabled: row.byok_enabled }, inForce).enabled,
    locale: row.locale,
    activeProvider: !row.active_provider ? null : publicProviderId(inForce.policy, row.active_provider),
    balance: balanceOf(row, inForce.limits, periodsAt(now).month),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

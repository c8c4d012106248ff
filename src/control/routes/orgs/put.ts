import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { orgIdSchema, orgSchema, putOrgSchema } from '../../../contract/index.ts'
import { getOrganization, lockOrganization, touchOrganization, upsertOrganization } from '../../../store/index.ts'
import { actorOf } from '../../actor.ts'
import type { InForce } from '../../deps.ts'
import { defineRoute } from '../../http/route.ts'
import { unknownValue } from '../../http/unknown-value.ts'
import { showOrg } from '../../show-org.ts'

export const putOrg = defineRoute({
  name: 'orgs.put',
  method: 'PUT',
  path: '/api/v1/orgs/:org',
  tag: 'Organizations',
  summary: 'Create an organization, or bring it to this state. What is left out of an existing one stays as it is.',
  params: z.object({ org: orgIdSchema }),
  body: putOrgSchema,
  answer: orgSchema,
  async handle(call, deps) {
    const inForce = deps.inForce()
    const { org } = call.params
    const { name, plan, addOns, byokEnabled, locale } = call.body
    checkPlan(plan, [...inForce.policy.plans.keys()])
    const row = await deps.database.transaction(async (tx) => {
      // What one of two updates leaves out is what the other one named, not what was there before both.
      await lockOrganization(tx, org)
      const before = await getOrganization(tx, org)
      checkAddOns(addOns ?? [], { held: before?.add_ons ?? [], known: addOnsOf(inForce) })
      const after = await upsertOrganization(tx, org, {
        name,
        plan,
        addOns: addOns ?? before?.add_ons ?? [],
        byokEnabled: byokEnabled === undefined ? (before?.byok_enabled ?? null) : byokEnabled,
        locale: locale === undefined ? (before?.locale ?? null) : locale,
      })
      await touchOrganization(tx, org)
      const detail = { name, plan, addOns: after.add_ons, byokEnabled: after.byok_enabled }
      await appendAudit(tx, deps, {
        org,
        ...actorOf(call),
        action: before ? 'org.update' : 'org.create',
        target: org,
        detail,
      })
      return after
    })
    deps.tenants.forget(org)
    return showOrg(row, inForce)
  },
})

function checkPlan(plan: string, known: readonly string[]): void {
  if (known.includes(plan)) return
  throw unknownValue('plan_unknown', {
    field: 'body.plan',
    value: plan,
    known,
    detail: 'There is no such plan.',
    choose: 'Use one of the configured plans',
  })
}

/** Those that are declared, and those that features ask for. */
function addOnsOf({ config }: InForce): string[] {
  const asked = Object.values(config.features).flatMap(({ addOn }) => addOn ?? [])
  return [...new Set([...Object.keys(config.addOns), ...asked])]
}

/** One that the organization has already may stay, though a newer configuration does not know it: a sync goes on working. */
function checkAddOns(addOns: readonly string[], { held, known }: { held: readonly string[]; known: string[] }): void {
  const at = addOns.findIndex((addOn) => !known.includes(addOn) && !held.includes(addOn))
  if (at === -1) return
  throw unknownValue('request_invalid', {
    field: `body.addOns.${at}`,
    value: addOns[at] as string,
    known,
    detail: 'There is no such add-on.',
    choose: 'Use those of the configuration',
  })
}

import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { orgIdSchema, orgSchema, type PutOrg, putOrgSchema } from '../../../contract/index.ts'
import {
  claimOrganization,
  getOrganization,
  type OrganizationFields,
  type OrganizationRow,
  touchOrganization,
  upsertOrganization,
} from '../../../store/index.ts'
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
    checkPlan(call.body.plan, [...inForce.policy.plans.keys()])
    const row = await deps.database.transaction(async (tx) => {
      // Read under the lock: fields that are left out stay as they are now.
      await claimOrganization(tx, org)
      const before = await getOrganization(tx, org)
      checkAddOns(call.body.addOns ?? [], { held: before?.add_ons ?? [], known: addOnsOf(inForce) })
      const held = before && fieldsOf(before)
      const fields = { ...(held ?? unsaid), ...said(call.body) }
      // A platform that syncs all its customers changes nothing for most of them: no write, no audit row.
      if (before && isDeepStrictEqual(fields, held)) return before
      const after = await upsertOrganization(tx, org, fields)
      await touchOrganization(tx, org)
      const { locale: _, ...detail } = fields
      const action = before ? 'org.update' : 'org.create'
      await appendAudit(tx, deps, { org, ...actorOf(call), action, target: org, detail })
      return after
    })
    deps.tenants.forget(org)
    return showOrg(row, { inForce, now: deps.clock.now() })
  },
})

const unsaid = { addOns: [], byokEnabled: null, locale: null }

function said({
  name,
  plan,
  addOns,
  ...others
}: PutOrg): Pick<OrganizationFields, 'name' | 'plan'> & Partial<OrganizationFields> {
  const named = Object.entries({ ...others, addOns: addOns && [...new Set(addOns)] }).filter(
    ([, value]) => value !== undefined,
  )
  return { name, plan, ...Object.fromEntries(named) }
}

function fieldsOf({ name, plan, add_ons, byok_enabled, locale }: OrganizationRow): OrganizationFields {
  return { name, plan, addOns: add_ons, byokEnabled: byok_enabled, locale }
}

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

/** Refuses unknown add-ons, except those that the organization has already: a sync must not fail because of a newer configuration. */
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

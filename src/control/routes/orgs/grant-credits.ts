import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { balanceSchema, grantCreditsSchema } from '../../../contract/index.ts'
import { getOrganization, type Queryable, touchOrganization } from '../../../store/index.ts'
import { grantDueAllowance, periodsAt } from '../../../tenants/index.ts'
import { actorOf } from '../../actor.ts'
import type { ControlDeps } from '../../deps.ts'
import { defineRoute } from '../../http/route.ts'
import { grantCredits } from '../../queries/credits.ts'

export const grantCreditsRoute = defineRoute({
  name: 'orgs.credits',
  method: 'POST',
  path: '/api/v1/orgs/:org/credits',
  tag: 'Organizations',
  summary: 'Grant credits, or take some back with a negative amount. The same idempotency key grants once.',
  params: z.object({ org: z.string() }),
  body: grantCreditsSchema,
  answer: balanceSchema,
  async handle(call, deps) {
    const { org } = call.params
    const { amount, reason, idempotencyKey } = call.body
    // The balance that is told, kept and shown in the audit log is the one after the requests that were answered before.
    await deps.catchUp(org)
    const { balance } = await deps.database.transaction(async (tx) => {
      await grantThisMonths(tx, org, deps)
      const grant = await grantCredits(tx, { org, amount, reason, idempotencyKey, by: call.caller.id })
      if (grant.repeated) return grant
      await touchOrganization(tx, org)
      await appendAudit(tx, deps, {
        org,
        ...actorOf(call),
        action: 'credits.grant',
        target: org,
        detail: { amount, reason, balance: grant.balance },
      })
      return grant
    })
    deps.tenants.forget(org)
    return { balance }
  },
})

/** The balance that is told then includes the month's allowance, also before the organization's first request. */
async function grantThisMonths(tx: Queryable, org: string, { inForce, clock }: ControlDeps): Promise<void> {
  const row = await getOrganization(tx, org)
  const { limits } = inForce()
  if (row) await grantDueAllowance(tx, row, { limits, month: periodsAt(clock.now()).month })
}

import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { balanceSchema, grantCreditsSchema } from '../../../contract/index.ts'
import { touchOrganization } from '../../../store/index.ts'
import { actorOf } from '../../actor.ts'
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
    const { balance } = await deps.database.transaction(async (tx) => {
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

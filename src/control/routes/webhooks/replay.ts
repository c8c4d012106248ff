import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import {
  OwnkeyError,
  replayedWebhooksSchema,
  replayWebhooksSchema,
  webhookDeliverySchema,
} from '../../../contract/index.ts'
import { replayDeadDeliveries, replayDelivery } from '../../../store/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { showDelivery } from './show-delivery.ts'

export const replayWebhook = defineRoute({
  name: 'webhooks.replay',
  method: 'POST',
  path: '/api/v1/webhooks/deliveries/:delivery/replay',
  tag: 'Webhooks',
  summary: 'Send a delivery again, with the same id and body and all its tries.',
  params: z.object({ delivery: z.string().max(64) }),
  answer: webhookDeliverySchema,
  async handle(call, deps) {
    const { delivery } = call.params
    const row = await deps.database.transaction(async (tx) => {
      const replayed = await replayDelivery(tx, delivery)
      if (!replayed)
        throw new OwnkeyError('not_found', { detail: 'There is no such delivery.', facts: { absent: 'delivery' } })
      await appendAudit(tx, deps, { org: '', ...actorOf(call), action: 'webhooks.replay', target: delivery })
      return replayed
    })
    return showDelivery(row)
  },
})

export const replayDeadWebhooks = defineRoute({
  name: 'webhooks.replay-dead',
  method: 'POST',
  path: '/api/v1/webhooks/replay',
  tag: 'Webhooks',
  summary: 'Send all dead deliveries again, or those to one endpoint.',
  body: replayWebhooksSchema,
  answer: replayedWebhooksSchema,
  async handle(call, deps) {
    const { endpoint } = call.body
    const replayed = await deps.database.transaction(async (tx) => {
      const count = await replayDeadDeliveries(tx, endpoint)
      if (count > 0) {
        const detail = { count }
        await appendAudit(tx, deps, { org: '', ...actorOf(call), action: 'webhooks.replay', target: endpoint, detail })
      }
      return count
    })
    return { replayed }
  },
})

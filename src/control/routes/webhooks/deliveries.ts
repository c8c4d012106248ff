import { z } from 'zod'
import { webhookDeliveriesPageSchema, webhookDeliveriesQuerySchema } from '../../../contract/index.ts'
import { listDeliveries } from '../../../store/index.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { showDelivery } from './show-delivery.ts'

export const listWebhookDeliveries = defineRoute({
  name: 'webhooks.deliveries',
  method: 'GET',
  path: '/api/v1/webhooks/deliveries',
  tag: 'Webhooks',
  summary: 'Deliveries to the endpoints, newest first; with `state=dead` the dead letters.',
  query: webhookDeliveriesQuerySchema,
  answer: webhookDeliveriesPageSchema,
  async handle({ query }, deps) {
    const limit = pageSize(query.limit, false)
    const position = readCursor('webhooks', z.tuple([z.string()]), query.cursor)
    const { state, endpoint, org } = query
    const found = await listDeliveries(deps.database, { state, endpoint, org, before: position?.[0], limit: limit + 1 })
    const { rows, nextCursor } = pageFrom(found, limit, ({ id }) => writeCursor('webhooks', [id]))
    return { items: rows.map(showDelivery), nextCursor }
  },
})

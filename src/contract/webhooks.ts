import { z } from 'zod'
import { timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

export const deliveryStates = ['pending', 'delivered', 'dead'] as const

/** One of the configuration's endpoints. Its URL is not shown: it may carry a token. */
export const webhookEndpointSchema = z.object({
  id: z.string(),
  host: z.string(),
  events: z.array(z.string()),
  pending: wholeSchema,
  dead: wholeSchema,
})

export const webhookEndpointsSchema = z
  .object({ items: z.array(webhookEndpointSchema) })
  .meta({ id: 'WebhookEndpoints' })
export type WebhookEndpoints = z.output<typeof webhookEndpointsSchema>

/** One event on its way to one endpoint. */
export const webhookDeliverySchema = z
  .object({
    id: z.string(),
    /** Sent as `webhook-id`, the same on every try. */
    eventId: z.string(),
    endpoint: z.string(),
    type: z.string(),
    /** Null: the platform's own. */
    org: z.string().nullable(),
    state: z.enum(deliveryStates),
    /** Tries so far. */
    attempts: wholeSchema,
    /** The status of the last answer; null when nothing answered. */
    lastStatus: wholeSchema.nullable(),
    /** A code such as `refused` or `upstream_timeout`; null after a success. */
    lastError: z.string().nullable(),
    createdAt: timeSchema,
    /** Null unless it is pending. */
    nextAt: timeSchema.nullable(),
    finishedAt: timeSchema.nullable(),
    /** The body as it is sent. */
    payload: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDelivery = z.output<typeof webhookDeliverySchema>

export const webhookDeliveriesQuerySchema = z.strictObject({
  ...cursorQuery,
  state: z.enum(deliveryStates).optional(),
  endpoint: z.string().max(64).optional(),
  org: z.string().max(255).optional(),
})
export const webhookDeliveriesPageSchema = pageOf(webhookDeliverySchema).meta({ id: 'WebhookDeliveriesPage' })
export type WebhookDeliveriesPage = z.output<typeof webhookDeliveriesPageSchema>

export const replayWebhooksSchema = z
  .strictObject({ endpoint: z.string().max(64).optional().describe('Only the dead deliveries to this endpoint.') })
  .meta({ id: 'ReplayWebhooks' })
export const replayedWebhooksSchema = z.object({ replayed: wholeSchema }).meta({ id: 'ReplayedWebhooks' })

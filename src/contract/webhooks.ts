import { z } from 'zod'
import { type AuditAction, actorSchema } from './audit.ts'
import { timeSchema, wholeSchema } from './fields.ts'
import { noticeKinds } from './notices.ts'
import { cursorQuery, pageOf } from './page.ts'

/** The acts that endpoints are told of, and what happened. Each also stands in the audit log. */
export const changeEvents: Readonly<Record<AuditAction, string>> = {
  'key.set': 'A key was saved where there was none.',
  'key.replace': 'A new key was saved in the place of another.',
  'key.update': 'What is said of a key was changed; `detail.changes` names the fields, from what to what.',
  'key.test': 'A key was tested; `detail.status` is the verdict, `detail.saved` tells whether it is the saved one.',
  'key.reject': 'A key was not saved because the provider refused it. `target` is the provider.',
  'key.enable': 'A disabled key serves again.',
  'key.disable': 'A key serves no more until it is enabled.',
  'key.clear': 'A key was removed.',
  'key.revoke': 'A key was removed because it must not be used any more.',
  'key.restore': 'The key that the last one replaced was put back.',
  'provider.activate': 'Another provider serves the organization, or the user.',
  'org.create': 'An organization was created.',
  'org.update': 'An organization was changed.',
  'org.delete':
    'An organization was deleted. `target` is the id of the record of it; the event is the platform’s own, without `org`.',
  'org.export': 'All that is kept of an organization was exported.',
  'credits.grant': 'Credits were granted, or taken back.',
  'session.create': 'Someone was let in to the pages.',
  'session.end': 'Someone signed out.',
  'session.revoke': 'A session was ended by the operator.',
  'token.create': 'A token for the gateway was made.',
  'token.revoke': 'A token for the gateway was revoked.',
  'platform_key.test': 'The platform’s own key of a provider was tested.',
  'webhooks.replay': 'Deliveries were sent again.',
  'master_key.rotate': 'The stored keys were encrypted under another master key.',
  'database.accept': 'A database that was put back to an older state was accepted.',
}

/** When something needs someone, and when it no longer does. Each also stands among the organization's notices. */
export const noticeEvents = {
  'notice.opened': 'Something needs someone. It is told once, however often it happens before it is resolved.',
  'notice.resolved': 'What needed someone is well again, by itself or because someone mended it.',
} as const

/** Every type of event. */
export const webhookEventTypes: readonly string[] = [...Object.keys(changeEvents), ...Object.keys(noticeEvents)]

const org = z.string().describe('Absent where it concerns the platform itself.').optional()

/** The body of a delivery that tells of an act. */
export const changeEventSchema = z
  .object({
    type: z.enum(Object.keys(changeEvents) as [AuditAction, ...AuditAction[]]),
    timestamp: timeSchema.describe('When it happened; the header has when it was sent.'),
    data: z.object({
      org,
      actor: actorSchema,
      target: z.string().nullable().describe('The id of the key, token, session or organization.'),
      detail: z.record(z.string(), z.unknown()).describe('Facts by their names, as in the audit log; never a secret.'),
    }),
  })
  .meta({ id: 'ChangeEvent' })

/** The body of a delivery that tells of a notice. */
export const noticeEventSchema = z
  .object({
    type: z.enum(Object.keys(noticeEvents) as [keyof typeof noticeEvents, ...(keyof typeof noticeEvents)[]]),
    timestamp: timeSchema.describe('When it happened; the header has when it was sent.'),
    data: z.object({
      org,
      id: z.string(),
      kind: z.enum(Object.keys(noticeKinds) as [string, ...string[]]),
      provider: z.string().nullable(),
      keyId: z.string().nullable(),
      facts: z.record(z.string(), z.unknown()),
      count: wholeSchema.describe('How often it has happened since it was opened.'),
      openedAt: z.string(),
      resolvedAt: z.string().nullable(),
    }),
  })
  .meta({ id: 'NoticeEvent' })

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

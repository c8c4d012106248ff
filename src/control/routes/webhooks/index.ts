/** Webhooks: what was told to the configured endpoints, what could not be, and sending it again. */
import { listWebhookDeliveries } from './deliveries.ts'
import { listWebhookEndpoints } from './endpoints.ts'
import { replayDeadWebhooks, replayWebhook } from './replay.ts'

export const webhookRoutes = [listWebhookEndpoints, listWebhookDeliveries, replayWebhook, replayDeadWebhooks]

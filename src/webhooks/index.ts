/**
 * Webhooks: tells the configured endpoints what happens. An event is written into an outbox in the same transaction (or statement)
 * as the change it tells of, so that none is invented and none is lost, even if the process is killed. From there each endpoint
 * gets its own delivery, signed as Standard Webhooks asks, tried for about a day and then kept as a dead letter that can be
 * replayed. Each event is delivered at least once, in no promised order, one at a time for each endpoint; receivers recognise a
 * repeat by its `webhook-id`.
 *
 * The addresses are the operator's own, from the configuration file: unlike customers' hosts they may be private ones and
 * http. Redirects are not followed.
 */
export { createDispatcher, type Dispatcher, type DispatcherOptions, type SendWebhook } from './create-dispatcher.ts'
export { type Endpoint, endpointId } from './endpoints.ts'
export { lastTryAfterMs, retryDelayMs } from './retry-delay.ts'
export { signWebhook } from './sign-webhook.ts'

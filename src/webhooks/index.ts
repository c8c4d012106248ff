/**
 * Webhooks: what happens here, told to the endpoints of the configuration. Events are written into an outbox in the same
 * transaction (or statement) as the change: none is told that did not happen, and none is forgotten, also by a process
 * that is killed. From there each endpoint gets a delivery of its own, signed as Standard Webhooks asks, tried for about
 * a day and then kept as a dead letter that can be replayed. At least once, in no promised order, one at a time for each
 * endpoint; receivers tell repeats by `webhook-id`.
 *
 * The addresses are the operator's own, from the configuration file: unlike customers' hosts they may be private ones and
 * http. Redirects are not followed.
 */
export { createDispatcher, type Dispatcher, type DispatcherOptions, type SendWebhook } from './create-dispatcher.ts'
export { type Endpoint, endpointId } from './endpoints.ts'
export { lastTryAfterMs, retryDelayMs } from './retry-delay.ts'
export { signWebhook } from './sign-webhook.ts'

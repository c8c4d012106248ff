import { createHmac } from 'node:crypto'
import type { Secret } from '../crypto/index.ts'

export interface WebhookMessage {
  /** The same on every try. */
  id: string
  /** Seconds since 1970, of this try. */
  timestamp: number
  /** The body, byte for byte as it is sent. */
  payload: string
}

/**
 * The value of `webhook-signature` (standardwebhooks.com): HMAC-SHA256 over id, time and body, so that none of the three
 * can be exchanged.
 * @param secret `whsec_` and base64, or base64 alone
 */
export function signWebhook(secret: Secret, { id, timestamp, payload }: WebhookMessage): string {
  const mac = createHmac('sha256', secretBytes(secret.reveal())).update(`${id}.${timestamp}.${payload}`)
  return `v1,${mac.digest('base64')}`
}

function secretBytes(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
}

import { createHash } from 'node:crypto'
import type { Secret } from '../crypto/index.ts'
import { starPattern } from '../lib/index.ts'

/** One of the configuration's `webhooks`. */
export interface Endpoint {
  url: string
  secret: Secret
  /** Event types, or patterns with `*`. */
  events: readonly string[]
}

/** Stable for a URL, and safe to show: the URL itself may carry a token. */
export function endpointId(url: string): string {
  return `wh_${createHash('sha256').update(url).digest('hex').slice(0, 16)}`
}

export function wantsEvent({ events }: Pick<Endpoint, 'events'>, type: string): boolean {
  return events.some((pattern) => starPattern(pattern)(type))
}

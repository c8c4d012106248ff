import { createHash } from 'node:crypto'
import type { Secret } from '../crypto/index.ts'

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
  return events.some((pattern) => matches(pattern, type))
}

/** Compares the parts between stars; no regular expression, because the pattern comes from a file. */
function matches(pattern: string, type: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === type
  const last = rest.pop() ?? ''
  if (!type.startsWith(first) || !type.endsWith(last) || type.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = type.indexOf(part, at)
    if (found < 0 || found + part.length > type.length - last.length) return false
    at = found + part.length
  }
  return true
}

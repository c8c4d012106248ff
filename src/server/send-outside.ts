import { collectAnswer, type Gateway } from '../gateway/index.ts'
import type { ProviderAnswer } from '../providers/index.ts'

export interface OutsideRequest {
  /** An address of the operator's or the catalogue's own, never a customer's. */
  url: string
  headers: Readonly<Record<string, string>>
  body: string
  timeoutMs: number
}

/**
 * POSTs something small through the gateway's egress, the one way out: no redirect is followed, nothing is tried twice.
 * The promise rejects with `upstream_unreachable` or `upstream_timeout` when nothing answers.
 */
export function createSendOutside(egress: Gateway['egress']) {
  return ({ url, headers, body, timeoutMs }: OutsideRequest): Promise<ProviderAnswer> => {
    const { origin, pathname, search } = new URL(url)
    const request = {
      origin,
      guarded: false,
      method: 'POST',
      path: `${pathname}${search}`,
      headers: Object.entries({ accept: '*/*', 'accept-encoding': 'identity', ...headers }).flat(),
      body: Buffer.from(body),
    }
    return collectAnswer(egress, request, { timeoutMs })
  }
}

import { createCollector, type Gateway } from '../gateway/index.ts'
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
  return (request: OutsideRequest): Promise<ProviderAnswer> =>
    new Promise((resolve, reject) => {
      const { origin, pathname, search } = new URL(request.url)
      const headers = Object.entries({ accept: '*/*', 'accept-encoding': 'identity', ...request.headers }).flat()
      egress.send(
        {
          origin,
          guarded: false,
          method: 'POST',
          path: `${pathname}${search}`,
          headers,
          body: Buffer.from(request.body),
        },
        createCollector(request, resolve, reject),
      )
    })
}

import { createHash } from 'node:crypto'
import { type Decision, type DecisionRequest, decide } from '../../policy/index.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayDeps } from '../gateway-deps.ts'

const known = new WeakMap<Exchange, string>()

/**
 * A short text that two requests with the same id must share for the second to be a repeat of the first: a hash of user, feature,
 * environment, path and body. Of a body that is not kept whole, and of a form (each has another boundary), only the length counts.
 * @returns undefined where the caller chose no request id
 */
export function fingerprintOf(exchange: Required<Exchange>): string | undefined {
  if (exchange.head.requestId === undefined) return undefined
  let made = known.get(exchange)
  if (made === undefined) {
    made = makeFingerprint(exchange)
    known.set(exchange, made)
  }
  return made
}

function makeFingerprint({ caller, req, target, route, head, body }: Required<Exchange>): string {
  const hash = createHash('sha256')
  const place = [caller.user, caller.feature, caller.environment, req.method, route ?? target.path]
  hash.update(place.map((part) => `${part ?? ''}\n`).join(''))
  const isForm = head.contentType?.startsWith('multipart/') === true
  // A WebSocket's handshake has no body.
  if (body !== undefined && !body.isEmpty) {
    if (body.isComplete && !isForm) for (const chunk of body.chunks) hash.update(chunk)
    else hash.update(`length ${body.declaredLength ?? ''}`)
  }
  return hash.digest('base64url').slice(0, 22)
}

/** Limits that a repeat does not use again. Spend caps are not among them: a repeat costs money at the provider again. */
const countedOnce: ReadonlySet<string> = new Set(['credits_exhausted', 'quota_exceeded', 'credits', 'quota'])

/**
 * Decides again, as if there were room, when credits or a quota stand in the way of a request that repeats one charged within the
 * last 24 hours. Its entry charges nothing.
 * @returns undefined: no such limit stood in the way, or it is no repeat
 */
export function decideRepeat(
  exchange: Required<Exchange>,
  request: DecisionRequest,
  { ledger }: Pick<GatewayDeps, 'ledger'>,
): Promise<Decision | undefined> | undefined {
  const { caller, decision, requestId, setup } = exchange
  const sameRequest = fingerprintOf(exchange)
  if (sameRequest === undefined || !isLimited(decision)) return undefined
  const { tenant } = caller
  return ledger.wasCharged({ org: tenant.org, requestId, sameRequest }).then((charged) => {
    if (!charged) return undefined
    return decide(request, { ...tenant, balance: Number.MAX_SAFE_INTEGER, quotaUsed: {} }, setup.policy)
  })
}

function isLimited({ refusal, skipped }: Decision): boolean {
  return (refusal !== undefined && countedOnce.has(refusal.code)) || skipped.some(({ code }) => countedOnce.has(code))
}

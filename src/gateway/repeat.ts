import { createHash } from 'node:crypto'
import { type Decision, type DecisionRequest, decide } from '../policy/index.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayDeps } from './gateway-deps.ts'

const known = new WeakMap<Exchange, string>()

/**
 * What two requests of the same id must have in common for the second to be a repeat of the first, as a short text: user,
 * feature, environment, path and body. Of a body that is not kept whole, and of a form, whose boundary is another each time,
 * its length.
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
  // A socket's handshake has no body.
  if (body !== undefined && !body.isEmpty) {
    if (body.isComplete && !isForm) for (const chunk of body.chunks) hash.update(chunk)
    else hash.update(`length ${body.declaredLength ?? ''}`)
  }
  return hash.digest('base64url').slice(0, 22)
}

/** Limits that count a request once: what its repeat needs is paid for. Spend caps are not: they count what is spent again. */
const countedOnce: ReadonlySet<string> = new Set(['credits_exhausted', 'quota_exceeded', 'credits', 'quota'])

/**
 * The decision on the repeat of a request that was charged within 24 hours, where credits or a quota stood in its way: the
 * one that it would have with room. Its entry charges nothing.
 * @returns undefined: no such limit decided, or it is no repeat
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

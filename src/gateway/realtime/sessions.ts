import { OwnkeyError } from '../../contract/index.ts'
import type { Secret } from '../../crypto/index.ts'
import type { Attempt, DecisionRequest, Policy } from '../../policy/index.ts'
import type { Gateway } from '../gateway.ts'
import { type OrgPlace, OrgPlaces } from '../org-places.ts'
import { closeWithinMs, type Ending } from './close-frames.ts'
import type { Session } from './session.ts'
import { capReachedBy, type SessionBill } from './session-bill.ts'

/** What a session's right to go on depends on. */
export interface Right {
  org: string
  /** The caller's token, as it came. */
  token: Secret
  /** Milliseconds since 1970; absent: it does not expire. */
  tokenExpiresAt: number | undefined
  attempt: Attempt
  /** The key as it was opened. */
  secret: Secret
  request: DecisionRequest
  bill: SessionBill
  /** As the handshake or, where a rule made it be read, the first message named it. */
  model(): string | undefined
}

/** A revoked key must end its sessions within five seconds, and a snapshot may be some seconds old itself. */
const checkEveryMs = 1_000

const revoked = (why: string): Ending => ({ code: 1008, reason: why })

/**
 * Refusals that take a right away for good; used-up credits or quotas do not, because a session has paid at its start. Spend
 * caps count what it costs as it goes on, and are asked by themselves.
 */
const endingRefusals: ReadonlySet<string> = new Set([
  'byok_disabled',
  'feature_unknown',
  'feature_not_in_plan',
  'add_on_required',
  'provider_not_allowed',
  'model_refused',
])

/** All open sessions of this node: ended when their right to the key ends, when nothing passes, and at shutdown. */
export class Sessions {
  private readonly open = new Map<Session, Right>()
  private readonly gateway: Gateway
  private readonly timer: NodeJS.Timeout
  private onEmpty: (() => void) | undefined
  /** How many sockets each organization has, including those in their handshake. */
  private readonly places = new OrgPlaces()

  constructor(gateway: Gateway) {
    this.gateway = gateway
    this.timer = setInterval(() => this.check(), checkEveryMs).unref()
  }

  /** Takes a place for one more socket of an organization. @throws rate_limited when all are taken */
  takePlace(org: string): OrgPlace {
    const limit = this.gateway.deps.setup().config.gateway.realtime.maxSessionsPerOrg
    const place = this.places.take(org, limit)
    if (place !== undefined) return place
    throw new OwnkeyError('rate_limited', {
      detail: `This organization has ${limit} WebSocket sessions open, and may have ${limit} at once.`,
      fix: 'Close a session, or try again when one has ended.',
      facts: { limit },
      retryAfterSeconds: 5,
    })
  }

  add(session: Session, right: Right): void {
    this.open.set(session, right)
  }

  delete(session: Session): void {
    this.open.delete(session)
    if (this.open.size === 0) this.onEmpty?.()
  }

  /** Says to everybody that the server goes away, and cuts who does not close. Resolves when no session is open. */
  async endAll(): Promise<void> {
    if (this.open.size === 0) return
    const empty = new Promise<void>((resolve) => {
      this.onEmpty = resolve
    })
    for (const session of this.open.keys()) session.end({ code: 1001, reason: 'The server is shutting down.' })
    const cut = setTimeout(() => {
      for (const session of [...this.open.keys()]) session.cut()
    }, closeWithinMs)
    await empty
    clearTimeout(cut)
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.endAll()
  }

  private check(): void {
    const idleMs = this.gateway.deps.setup().config.gateway.realtime.idleTimeoutSeconds * 1000
    const now = performance.now()
    for (const [session, right] of this.open) {
      if (now - session.lastPassed > idleMs)
        session.end({ code: 1001, reason: `Nothing was sent for ${idleMs / 1000} seconds.` })
      else void this.endWithout(session, right)
    }
  }

  private async endWithout(session: Session, right: Right): Promise<void> {
    try {
      const ending = await endOfRight(right, this.gateway)
      if (ending !== undefined) session.end(ending)
    } catch {
      // The key may have been revoked, and the database cannot be asked: the session ends to be safe.
      session.end({ code: 1013, reason: 'It cannot be confirmed that the key may still be used.' })
    }
  }
}

/** Why a session may not go on; undefined: it may. Rejects when that cannot be told. */
async function endOfRight(right: Right, { deps, memory, now }: Gateway): Promise<Ending | undefined> {
  const { org, token, tokenExpiresAt, attempt, secret } = right
  const [facts, tenant] = await Promise.all([deps.tenants.token(token.reveal()), deps.tenants.get(org)])
  // First the organization: its tokens go with it.
  if (tenant === undefined) return revoked('The organization was deleted.')
  // A token that has expired opens no new session; those that it opened go on. One that was revoked ends them.
  const expired = tokenExpiresAt !== undefined && tokenExpiresAt <= now()
  if (facts === undefined && !expired) return revoked('The Ownkey token was revoked.')
  const setup = deps.setup()
  if (attempt.key === undefined) {
    if (setup.platformKey(attempt.provider)?.reveal() !== secret.reveal())
      return revoked('The platform’s key was changed.')
  } else {
    const { id, version } = attempt.key
    const sealed = tenant.sealed.get(id)
    if (sealed === undefined) return revoked('The provider key was removed.')
    if (sealed.binding.version !== version) return revoked('The provider key was replaced.')
    if (tenant.keys.find((key) => key.id === id)?.state !== 'active') return revoked('The provider key was disabled.')
  }
  const { refusal } = memory.decide(askedNow(right, setup.policy), tenant, setup.policy)
  if (refusal !== undefined && endingRefusals.has(refusal.code)) return revoked(`${refusal.code}: ${refusal.reason}`)
  const capReached = capReachedBy(right, tenant)
  return capReached && revoked(`${capReached.code}: ${capReached.message}`)
}

/** A rule about models may be newer than the session, whose request names a model only where one was there. */
function askedNow({ request, model, attempt }: Right, { providers }: Policy): DecisionRequest {
  const named = model()
  if (named === undefined || providers.get(attempt.provider)?.rules.dependsOnModel !== true) return request
  return { ...request, model: named, noModel: false }
}

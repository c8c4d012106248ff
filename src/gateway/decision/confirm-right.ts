import { OwnkeyError } from '../../contract/index.ts'
import { type Attempt, decide } from '../../policy/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import { KeyChanged } from '../attempt/open-attempt.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'

/** A token that was checked less than this ago is not checked again. */
const tokenIsFreshMs = 1_000

/**
 * Checks, right before an attempt is sent, that it may still be made. The request may have waited for its body or for another
 * attempt, and meanwhile the key may have been removed, the organization deleted or the token revoked. (A token that merely
 * expired meanwhile was valid when the request came, and stays good for it.)
 * @returns the newest snapshot of the caller's organization
 * @throws KeyChanged where the request has to be decided again; token_invalid, unavailable
 */
export function confirmRight(
  exchange: Required<Exchange>,
  attempt: Attempt,
  gateway: Gateway,
): Tenant | Promise<Tenant> {
  const { caller, startedAt } = exchange
  const newest = gateway.deps.tenants.get(caller.tenant.org)
  const isFresh = performance.now() - startedAt < tokenIsFreshMs
  if (isFresh && !(newest instanceof Promise)) return stillFor(exchange, attempt, newest)
  return confirmLater(exchange, attempt, { gateway, newest })
}

async function confirmLater(
  exchange: Required<Exchange>,
  attempt: Attempt,
  { gateway, newest }: { gateway: Gateway; newest: ReturnType<Gateway['deps']['tenants']['get']> },
): Promise<Tenant> {
  const { head, caller } = exchange
  const tenant = stillFor(exchange, attempt, await newest)
  const token = await gateway.deps.tenants.token(head.token)
  const hasExpired = caller.tokenExpiresAt !== undefined && caller.tokenExpiresAt <= gateway.now()
  if (token === undefined && !hasExpired) throw new OwnkeyError('token_invalid')
  return tenant
}

function stillFor({ caller, asked, setup }: Required<Exchange>, attempt: Attempt, newest: Tenant | undefined): Tenant {
  if (newest === undefined) throw new KeyChanged()
  if (newest.epoch === caller.tenant.epoch) return newest
  // Without limits: the attempt's own reservation keeps them, and a newer snapshot may already count it as used.
  const unlimited = { ...newest, balance: Number.MAX_SAFE_INTEGER, quotaUsed: {}, spent: [] }
  const { attempts } = decide(asked, unlimited, setup.policy)
  if (attempts.some((other) => isSame(other, attempt))) return newest
  throw new KeyChanged()
}

function isSame(one: Attempt, other: Attempt): boolean {
  return (
    one.source === other.source &&
    one.provider === other.provider &&
    one.model === other.model &&
    one.origin === other.origin &&
    one.basePath === other.basePath &&
    one.key?.id === other.key?.id &&
    one.key?.version === other.key?.version
  )
}

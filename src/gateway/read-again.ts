import { within } from '../lib/index.ts'
import type { Refusal } from '../policy/index.ts'
import type { Tenant } from '../tenants/index.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'

/** Limits that a snapshot may take for reached although what an attempt held of them has been given back since. */
const limits: ReadonlySet<string> = new Set(['credits_exhausted', 'quota_exceeded'])
/** Limits that begin anew with a day or a month: a snapshot of another day knows the one before. */
const periodic: ReadonlySet<string> = new Set([...limits, 'spend_cap_reached'])
const dayMs = 86_400_000
/** A younger snapshot is believed, unless something came back here: whoever asks in vain must not become a load on the database. */
const freshMs = 100
const patienceMs = 1_000

/**
 * Before a request is refused for a limit, what is given back is written, and the organization is read again.
 * @returns whether the caller's snapshot is a new one, so that it is worth while to decide again
 * @throws OwnkeyError `unavailable` where the limit is of a period that is over, and nobody knows the new one
 */
export async function readAgain(
  { caller }: Required<Exchange>,
  { code }: Refusal,
  { deps }: Gateway,
): Promise<boolean> {
  const { org, spentAsOf } = caller.tenant
  const age = performance.now() - spentAsOf
  const now = Date.now()
  const isOfAnotherDay = Math.floor(now / dayMs) !== Math.floor((now - age) / dayMs)
  const mayHaveRoom = age >= freshMs || deps.ledger.hasReturned(org, spentAsOf)
  if (!(periodic.has(code) && isOfAnotherDay) && !(limits.has(code) && mayHaveRoom)) return false
  await within(patienceMs, deps.ledger.flush())
  deps.tenants.forget(org)
  try {
    const newest: Tenant | undefined = await deps.tenants.get(org)
    if (newest === undefined) return false
    caller.tenant = newest
    return true
  } catch (error) {
    // The database is away. What is known says no, unless it is of a period that is over.
    if (isOfAnotherDay) throw error
    return false
  }
}

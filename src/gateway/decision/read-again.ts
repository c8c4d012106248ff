import { dayMs, within } from '../../lib/index.ts'
import type { Refusal } from '../../policy/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import type { Exchange } from '../exchange.ts'
import type { Gateway } from '../gateway.ts'

/** Limits that may have room again since the snapshot was read: a failed attempt gives back what it held. */
const limits: ReadonlySet<string> = new Set(['credits_exhausted', 'quota_exceeded'])
/** Limits that begin anew with a day or a month: a snapshot from yesterday says nothing about today. */
const periodic: ReadonlySet<string> = new Set([...limits, 'spend_cap_reached'])
/** A younger snapshot is read again only if something was given back: callers who are refused and keep asking must not load the database. */
const freshMs = 100
const patienceMs = 1_000

/**
 * Before a request is refused because of a limit: reads the organization again if the limit may have room by now.
 * @returns whether the caller has a new snapshot, so that deciding again makes sense
 * @throws OwnkeyError `unavailable` where the snapshot is from a period that is over and the database cannot be asked
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
    // The database is away. The old snapshot still holds, unless its day is over.
    if (isOfAnotherDay) throw error
    return false
  }
}

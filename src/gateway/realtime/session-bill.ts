import type { OwnkeyError } from '../../contract/index.ts'
import type { Entry } from '../../metering/index.ts'
import { type Attempt, capsAsOf } from '../../policy/index.ts'
import type { Usage } from '../../providers/index.ts'
import type { Tenant } from '../../tenants/index.ts'

/** What a session costs while it runs. */
export interface SessionBill {
  entry: Entry
  /** What it counts so far. */
  soFar(): Usage | undefined
}

interface Billed {
  bill: SessionBill
  attempt: Attempt
  model(): string | undefined
}

/** Tells the books what a session counts so far. The refusal that ends it: a spend cap is reached by that and by what others spent. */
export function capReachedBy(
  { bill: { entry, soFar }, attempt: { caps }, model }: Billed,
  tenant: Tenant,
): OwnkeyError | undefined {
  if (caps === undefined || caps.length === 0) return undefined
  const usage = soFar()
  if (usage !== undefined) entry.soFar(usage, model())
  return entry.capReached({ caps: capsAsOf(caps, tenant), spentAsOf: tenant.spentAsOf })
}

import { resolveProvider } from '../policy/index.ts'
import type { ControlDeps } from './deps.ts'
import type { Caller } from './http/caller.ts'
import { readRange } from './http/range.ts'
import type { EntryFilter } from './queries/entries.ts'
import { requireOrg } from './require-org.ts'

interface Asked {
  from?: string | undefined
  to?: string | undefined
  feature?: string | undefined
  provider?: string | undefined
  environment?: string | undefined
  keySource?: string | undefined
}

/**
 * What of the ledger this caller may see: the organization's entries, and where keys belong to users, a member's own ones.
 * @throws OwnkeyError `org_unknown`, `request_invalid`
 */
export async function entryFilter(
  { params, query, caller }: { params: { org: string }; query: Asked; caller: Caller },
  deps: ControlDeps,
): Promise<EntryFilter & { org: string }> {
  const row = await requireOrg(deps, params.org)
  const { policy } = deps.inForce()
  const ownOnly = caller.kind === 'member' && caller.role === 'member' && policy.plans.get(row.plan)?.holder === 'user'
  return {
    org: params.org,
    ...readRange(query, deps.clock.now()),
    feature: query.feature,
    provider: query.provider === undefined ? undefined : (resolveProvider(policy, query.provider) ?? query.provider),
    environment: query.environment,
    keySource: query.keySource,
    user: ownOnly ? caller.id : undefined,
  }
}

import { type AuditActor, type AuditEntry, appendAudit } from '../audit/index.ts'
import { OwnkeyError } from '../contract/index.ts'
import { lockOrganization, noteWithdrawal, type Queryable, touchOrganization, type Withdrawal } from '../store/index.ts'
import type { VaultDeps } from './vault-deps.ts'

/** A change of one key and what the audit log says of it. */
export interface KeyChange<T> {
  result: T
  audit: Pick<AuditEntry, 'action' | 'target' | 'detail'>
  /** What is taken out of service by it. */
  withdrawal?: Withdrawal | undefined
}

/**
 * Runs a change of an organization's keys: one at a time for each organization, with the epoch raised and the audit row
 * written in the same transaction. A change that turns out to be none (`audit` absent) leaves no trace.
 * @throws OwnkeyError `org_unknown`
 */
export function changeKey<T>(
  deps: VaultDeps,
  { org, by }: { org: string; by: AuditActor },
  work: (tx: Queryable) => Promise<KeyChange<T> | { result: T; audit?: undefined; withdrawal?: undefined }>,
): Promise<T> {
  return deps.database.transaction(async (tx) => {
    if (!(await lockOrganization(tx, org))) throw new OwnkeyError('org_unknown')
    const { result, audit, withdrawal } = await work(tx)
    if (!audit) return result
    await touchOrganization(tx, org)
    await appendAudit(tx, deps, { org, ...by, ...audit })
    if (withdrawal) await noteWithdrawal(tx, withdrawal)
    return result
  })
}

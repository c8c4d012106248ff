import { createIdMaker } from '../lib/index.ts'
import {
  type DeletionRow,
  deleteOrganizationData,
  getAuditHead,
  insertDeletion,
  lockOrganization,
  noteWithdrawal,
  notifyDeletion,
  type Queryable,
} from '../store/index.ts'
import { type AuditActor, type AuditDeps, appendAudit } from './append-audit.ts'
import { readAuditKey } from './audit-key.ts'
import { deletionMac, noMac, sameMac } from './chain.ts'

const newId = createIdMaker()

/**
 * Deletes everything of an organization, its audit log included, and leaves a record of it: what was deleted, by whom, and
 * where its log ended, under a MAC. The platform's own log names the record and not the organization.
 * @returns undefined when there is no such organization
 */
export async function deleteOrganizationWithProof(
  tx: Queryable,
  deps: AuditDeps,
  { org, by }: { org: string; by: AuditActor },
): Promise<DeletionRow | undefined> {
  if (!(await lockOrganization(tx, org, 'for update'))) return undefined
  const head = await getAuditHead(tx, org)
  const counts = await deleteOrganizationData(tx, org)
  await notifyDeletion(tx, org)
  const record = {
    id: `del_${newId()}`,
    org,
    deleted_at: new Date(deps.clock.now()),
    deleted_by: by.actor.id,
    counts,
    audit_seq: head?.seq ?? 0,
    audit_mac: head?.last_mac ?? noMac,
  }
  const row = { ...record, mac: deletionMac(await readAuditKey(tx, deps.keyring), record) }
  await insertDeletion(tx, row)
  await appendAudit(tx, deps, { org: '', ...by, action: 'org.delete', target: row.id, detail: { counts } })
  await noteWithdrawal(tx, { kind: 'organization', target: org })
  return row
}

/** Whether a record is as it was written. @throws OwnkeyError `key_unreadable` with another master key */
export async function proveDeletion(
  queryable: Queryable,
  deps: Pick<AuditDeps, 'keyring'>,
  row: DeletionRow,
): Promise<boolean> {
  return sameMac(deletionMac(await readAuditKey(queryable, deps.keyring), row), row.mac)
}

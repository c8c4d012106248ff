/**
 * The audit log: who changed what, when and from where, written in the same transaction as the change. Each
 * organization has a chain (the platform's own is that of the empty id): a row's MAC covers the row before it, and a head
 * row with a MAC of its own says where the chain ends. Without the master key nobody can write a row that fits, so an
 * edited, removed, added or cut-off row is found by `verifyAudit`.
 *
 * What a chain inside a database cannot show is the whole database put back to yesterday. For that, `verifyAudit` gives
 * the heads it has seen, to be kept elsewhere, and takes them at the next time. (That removed keys do not come back with it is
 * the vault's care.)
 */
export { type AuditActor, type AuditDeps, type AuditEntry, appendAudit } from './append-audit.ts'
export { auditKeyContext, sealNewAuditKey } from './audit-key.ts'
export type { AuditFinding, AuditHead } from './check-chain.ts'
export { deleteOrganizationWithProof, proveDeletion } from './deletions.ts'
export { type AuditFilter, listAudit, showAuditRow } from './list-audit.ts'
export { type AuditReport, verifyAudit } from './verify-audit.ts'

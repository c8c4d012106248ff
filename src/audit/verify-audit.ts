import type { Keyring } from '../crypto/index.ts'
import { type Database, listAuditedOrganizations } from '../store/index.ts'
import { readAuditKey } from './audit-key.ts'
import { type AuditFinding, type AuditHead, checkChain, mostFindings } from './check-chain.ts'

export interface AuditReport {
  intact: boolean
  organizations: number
  rows: number
  /** The first thousand. */
  findings: AuditFinding[]
  heads: AuditHead[]
}

/** The chain of the platform itself. */
const platform = ''

/**
 * Reads every chain from its first row to its end, each as of one moment, a batch at a time.
 * @param deps.kept heads of an earlier report; shows that nothing was put back to before them.
 */
export async function verifyAudit(deps: {
  database: Database
  keyring: Keyring
  kept?: readonly AuditHead[] | undefined
  /** Told after each chain, with the rows that are read so far. */
  onChain?: ((rows: number) => void) | undefined
}): Promise<AuditReport> {
  const { database, keyring } = deps
  const key = await readAuditKey(database, keyring)
  const kept = new Map((deps.kept ?? []).map((head) => [head.org, head]))
  const report: AuditReport = { intact: true, organizations: 0, rows: 0, findings: [], heads: [] }
  // The platform's first: its log tells the order of what is kept and of what is deleted.
  const orgs = new Set([platform, ...(await listAuditedOrganizations(database)), ...kept.keys()])
  const platformEnds = { kept: kept.get(platform)?.seq ?? 0, now: 0 }
  for (const org of orgs) {
    const { rows, findings, head } = await database.transaction(async (tx) => {
      await tx.query('set transaction isolation level repeatable read, read only')
      return checkChain(tx, { org, key, kept: kept.get(org), platformEnds })
    })
    if (head || rows > 0 || findings.length > 0) report.organizations++
    report.rows += rows
    report.findings.push(...findings)
    if (head) report.heads.push(head)
    if (org === platform) platformEnds.now = head?.seq ?? 0
    deps.onChain?.(report.rows)
  }
  report.intact = report.findings.length === 0
  report.findings.length = Math.min(report.findings.length, mostFindings)
  return report
}

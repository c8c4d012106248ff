import type { AuditRow } from '../contract/index.ts'
import { type AuditRecord, type AuditSearch, type Queryable, searchAudit } from '../store/index.ts'

export interface AuditFilter extends Omit<AuditSearch, 'before' | 'limit'> {
  /** The `seq` of the last row of the page before. */
  cursor?: number | undefined
  /** Rows at most; default 50. */
  limit?: number | undefined
}

/** Newest first. The next page begins at the `seq` of the last row. */
export async function listAudit(queryable: Queryable, org: string, filter: AuditFilter = {}): Promise<AuditRow[]> {
  const { cursor, limit, ...search } = filter
  const rows = await searchAudit(queryable, org, { ...search, before: cursor, limit: limit ?? 50 })
  return rows.map(showAuditRow)
}

/** A row as it goes out. */
export function showAuditRow(row: AuditRecord): AuditRow {
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    ip: row.ip,
    action: row.action,
    target: row.target,
    detail: row.detail as Record<string, unknown>,
  }
}

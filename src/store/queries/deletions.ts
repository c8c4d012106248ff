import type { Queryable } from '../database.ts'

/** What is left of a deleted organization. */
export interface DeletionRow {
  id: string
  org: string
  deleted_at: Date
  deleted_by: string
  /** Rows by table. */
  counts: Record<string, number>
  /** Where the organization's audit log ended. */
  audit_seq: number
  audit_mac: Uint8Array
  mac: Uint8Array
}

export async function insertDeletion(tx: Queryable, row: DeletionRow): Promise<void> {
  await tx.query(
    `insert into deletions (id, org, deleted_at, deleted_by, counts, audit_seq, audit_mac, mac)
     values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8)`,
    [
      row.id,
      row.org,
      row.deleted_at,
      row.deleted_by,
      JSON.stringify(row.counts),
      row.audit_seq,
      row.audit_mac,
      row.mac,
    ],
  )
}

export async function getDeletion(queryable: Queryable, id: string): Promise<DeletionRow | undefined> {
  const [row] = await queryable.query<DeletionRow>('select * from deletions where id = $1', [id])
  return row
}

/** Newest first. */
export function listDeletions(
  queryable: Queryable,
  { org, before, limit }: { org?: string | undefined; before?: string | undefined; limit: number },
): Promise<DeletionRow[]> {
  return queryable.query<DeletionRow>(
    `select * from deletions where ($1::text is null or org = $1) and ($2::text is null or id < $2)
      order by id desc limit $3`,
    [org ?? null, before ?? null, limit],
  )
}

export interface ToldDeletionRow extends DeletionRow {
  /** The row of the platform's audit log that names the record. */
  told: number
}

/** Of organizations with this id, as far as the platform's audit log tells of them. */
export function listToldDeletions(queryable: Queryable, org: string): Promise<ToldDeletionRow[]> {
  return queryable.query<ToldDeletionRow>(
    `select d.*, a.seq as told from deletions d
       join audit_log a on a.org_id = '' and a.action = 'org.delete' and a.target = d.id
      where d.org = $1`,
    [org],
  )
}

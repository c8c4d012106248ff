import type { Queryable } from '../database.ts'

export interface AuditRecord {
  org_id: string
  seq: number
  at: Date
  actor_kind: string
  actor_id: string
  actor_name: string | null
  ip: string | null
  action: string
  target: string | null
  detail: unknown
  mac: Uint8Array
}

export interface AuditHeadRecord {
  org_id: string
  seq: number
  last_mac: Uint8Array
  head_mac: Uint8Array
}

/** The head of an organization's chain, made when it is not there, locked until the transaction ends. */
export async function lockAuditHead(tx: Queryable, first: AuditHeadRecord): Promise<AuditHeadRecord> {
  await tx.query(
    'insert into audit_heads (org_id, seq, last_mac, head_mac) values ($1, $2, $3, $4) on conflict (org_id) do nothing',
    [first.org_id, first.seq, first.last_mac, first.head_mac],
  )
  const [head] = await tx.query<AuditHeadRecord>('select * from audit_heads where org_id = $1 for update', [
    first.org_id,
  ])
  return head as AuditHeadRecord
}

export async function insertAuditRow(tx: Queryable, row: AuditRecord): Promise<void> {
  await tx.query(
    `insert into audit_log (org_id, seq, at, actor_kind, actor_id, actor_name, ip, action, target, detail, mac)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)`,
    [
      row.org_id,
      row.seq,
      row.at,
      row.actor_kind,
      row.actor_id,
      row.actor_name,
      row.ip,
      row.action,
      row.target,
      JSON.stringify(row.detail),
      row.mac,
    ],
  )
}

export async function moveAuditHead(tx: Queryable, head: AuditHeadRecord): Promise<void> {
  await tx.query('update audit_heads set seq = $2, last_mac = $3, head_mac = $4 where org_id = $1', [
    head.org_id,
    head.seq,
    head.last_mac,
    head.head_mac,
  ])
}

export async function getAuditHead(queryable: Queryable, org: string): Promise<AuditHeadRecord | undefined> {
  const [head] = await queryable.query<AuditHeadRecord>('select * from audit_heads where org_id = $1', [org])
  return head
}

/** Every organization that has a head, rows, or keys: one with keys has been through the log at least once. */
export async function listAuditedOrganizations(queryable: Queryable): Promise<string[]> {
  const rows = await queryable.query<{ org_id: string }>(
    `select org_id from audit_heads union select distinct org_id from audit_log
     union select distinct org_id from provider_keys order by org_id`,
  )
  return rows.map(({ org_id }) => org_id)
}

/** An organization that has keys has been through the log at least once. */
export async function mustHaveAuditLog(queryable: Queryable, org: string): Promise<boolean> {
  return (await queryable.query('select from provider_keys where org_id = $1 limit 1', [org])).length > 0
}

/** In the order of the chain, from behind `after`. */
export function readAuditChain(
  queryable: Queryable,
  org: string,
  page: { after: number; limit: number },
): Promise<AuditRecord[]> {
  return queryable.query<AuditRecord>('select * from audit_log where org_id = $1 and seq > $2 order by seq limit $3', [
    org,
    page.after,
    page.limit,
  ])
}

export interface AuditSearch {
  /** Rows with a smaller `seq` only. */
  before?: number | undefined
  limit: number
  /** The action or how it begins: `key.` for all that is done with keys. */
  action?: string | undefined
  /** The actor's id, or how the name begins. */
  actor?: string | undefined
  from?: Date | undefined
  /** Exclusive. */
  to?: Date | undefined
}

/** Newest first. */
export function searchAudit(queryable: Queryable, org: string, search: AuditSearch): Promise<AuditRecord[]> {
  return queryable.query<AuditRecord>(
    `select * from audit_log
      where org_id = $1 and ($2::bigint is null or seq < $2) and ($3::text is null or starts_with(action, $3))
        and ($4::text is null or actor_id = $4 or starts_with(lower(actor_name), lower($4))) and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
      order by seq desc limit $7`,
    [
      org,
      search.before ?? null,
      search.action ?? null,
      search.actor ?? null,
      search.from ?? null,
      search.to ?? null,
      search.limit,
    ],
  )
}

export interface AuditSearchOfAll extends Omit<AuditSearch, 'before'> {
  /** Absent: every organization; '' is the platform. */
  org?: string | undefined
  /** The last row of the page before. */
  before?: { at: Date; org: string; seq: number } | undefined
}

/** Over all chains, newest first. */
export function searchAuditOfAll(
  queryable: Queryable,
  { org, before, action, actor, from, to, limit }: AuditSearchOfAll,
): Promise<(AuditRecord & { org_name: string | null })[]> {
  const values: unknown[] = []
  const parts: string[] = ['true']
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value !== undefined) parts.push(condition(`$${values.push(value)}`))
  }
  add(org, (place) => `org_id = ${place}`)
  add(action, (place) => `starts_with(action, ${place})`)
  add(actor, (place) => `(actor_id = ${place} or starts_with(lower(actor_name), lower(${place})))`)
  add(from, (place) => `at >= ${place}`)
  add(to, (place) => `at < ${place}`)
  if (before)
    parts.push(
      `(at, org_id, seq) < ($${values.push(before.at)}, $${values.push(before.org)}, $${values.push(before.seq)})`,
    )
  return queryable.query(
    `select a.*, o.name as org_name from (
       select * from audit_log where ${parts.join(' and ')} order by at desc, org_id desc, seq desc limit $${values.push(limit)}) a
       left join organizations o on o.id = a.org_id order by a.at desc, a.org_id desc, a.seq desc`,
    values,
  )
}

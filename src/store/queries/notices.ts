import type { Queryable } from '../database.ts'

/** Something that needs someone. `cause` says what exactly, so that there is one open notice for it however often it happens. */
export interface NoticeCause {
  org: string
  cause: string
  kind: string
  provider?: string | undefined
  keyId?: string | undefined
  /** Metadata for the notice's text; never a secret or a prompt. */
  facts?: Readonly<Record<string, string | number | boolean>> | undefined
  /** How often it happened since it was last told; default 1. */
  times?: number | undefined
}

/**
 * Opens a notice for each cause, or counts on the one that is open; in one statement. Each cause may stand in `causes`
 * once. Unknown organizations are left out.
 * @param newId ids for those that are opened; they sort by time
 * @returns the causes that were not open before
 */
export async function openNotices(
  queryable: Queryable,
  causes: readonly NoticeCause[],
  newId: () => string,
): Promise<{ org: string; cause: string }[]> {
  if (causes.length === 0) return []
  const rows = causes.map((each) => ({ ...each, id: newId(), facts: each.facts ?? {}, times: each.times ?? 1 }))
  const opened = await queryable.query<{ org: string; cause: string; is_new: boolean }>(
    `insert into notices as n (id, org_id, cause, kind, provider, key_id, facts, count)
     select r.id, r.org, r.cause, r.kind, r.provider, r."keyId", r.facts, r.times
       from json_to_recordset($1) as r(id text, org text, cause text, kind text, provider text, "keyId" text, facts jsonb, times bigint)
       join organizations o on o.id = r.org
      order by r.org, r.cause
     on conflict (org_id, cause) where resolved_at is null
     do update set count = n.count + excluded.count, last_at = now(), facts = excluded.facts
     returning n.org_id as org, n.cause, n.id = any($2::text[]) as is_new`,
    [JSON.stringify(rows), rows.map((row) => row.id)],
  )
  return opened.filter((row) => row.is_new).map(({ org, cause }) => ({ org, cause }))
}

/** Closes the open notices of these causes; those that are not open are no error. @returns how many were closed */
export async function resolveNotices(
  queryable: Queryable,
  causes: readonly { org: string; cause: string }[],
): Promise<number> {
  if (causes.length === 0) return 0
  const rows = await queryable.query(
    `update notices n set resolved_at = now()
       from unnest($1::text[], $2::text[]) as r(org, cause)
      where n.org_id = r.org and n.cause = r.cause and n.resolved_at is null returning n.id`,
    [causes.map((each) => each.org), causes.map((each) => each.cause)],
  )
  return rows.length
}

import type { Queryable } from '../database.ts'

/** Something that needs someone. `cause` says what exactly, so that there is one open notice for it however often it happens. */
export interface NoticeCause {
  org: string
  cause: string
  kind: string
  provider?: string | undefined
  keyId?: string | undefined
  /** Metadata for the notice's text; never a secret or a prompt. */
  facts?: Readonly<Record<string, unknown>> | undefined
  /** How often it happened since it was last told; default 1. */
  times?: number | undefined
}

/** The columns of `changed` as an event for webhooks, in the same statement, so that none is ever missing or too much. */
const tell = (type: 'opened' | 'resolved', where: string) => `
     told as (insert into webhook_events (id, org_id, type, data)
       select 'evt_' || id || '_${type}', org_id, 'notice.${type}',
              jsonb_build_object('id', id, 'kind', kind, 'provider', provider, 'keyId', key_id, 'facts', facts,
                                 'count', count, 'openedAt', opened_at, 'resolvedAt', resolved_at)
         from changed where ${where})`
const told = 'id, org_id, cause, kind, provider, key_id, facts, count, opened_at, resolved_at'
const toldOf = told.replaceAll(/\w+/g, 'n.$&')

const records = 'r(id text, org text, cause text, kind text, provider text, "keyId" text, facts jsonb, times bigint)'
/** With whose key it is: a user's is that user's alone to know of. A key that was removed this moment needs nobody any more. */
const insertion = `insert into notices as n (id, org_id, cause, kind, provider, key_id, user_id, facts, count)
       select r.id, r.org, r.cause, r.kind, r.provider, r."keyId", case when k.holder = 'user' then k.user_id end, r.facts, r.times
         from json_to_recordset($1) as ${records}
         join organizations o on o.id = r.org
         left join provider_keys k on k.id = r."keyId"
        where r."keyId" is null or k.id is not null
        order by r.org, r.cause`

function toRecords(causes: readonly NoticeCause[], newId: () => string) {
  return causes.map((each) => ({ ...each, id: newId(), facts: each.facts ?? {}, times: each.times ?? 1 }))
}

/**
 * Opens a notice for each cause, or counts on the one that is open; in one statement. Each cause may stand in `causes`
 * once. Unknown organizations, and keys that are gone, are left out.
 * @param newId ids for those that are opened; they sort by time
 * @returns the causes that were not open before
 */
export async function openNotices(
  queryable: Queryable,
  causes: readonly NoticeCause[],
  newId: () => string,
): Promise<{ org: string; cause: string }[]> {
  if (causes.length === 0) return []
  const rows = toRecords(causes, newId)
  const opened = await queryable.query<{ org: string; cause: string; is_new: boolean }>(
    `with changed as (
       ${insertion}
       on conflict (org_id, cause) where resolved_at is null
       do update set count = n.count + excluded.count, last_at = now(), facts = excluded.facts
       returning ${toldOf}, n.id = any($2::text[]) as is_new),
     ${tell('opened', 'is_new')}
     select org_id as org, cause, is_new from changed`,
    [JSON.stringify(rows), rows.map((row) => row.id)],
  )
  return opened.filter((row) => row.is_new).map(({ org, cause }) => ({ org, cause }))
}

/**
 * Closes the open notices that `which` selects from `notices n`, in the order in which `insertion` takes them: whoever locks several does
 * so in one order, or two nodes that write at once would wait for each other.
 */
const closing = (which: string) => `
     closed as materialized (
       select n.id from notices n ${which} and n.resolved_at is null order by n.org_id, n.cause for no key update of n),
     changed as (
       update notices n set resolved_at = now() from closed where n.id = closed.id returning ${toldOf}),
     ${tell('resolved', 'true')}`

/** Closes the open notices of these causes; those that are not open are no error. @returns how many were closed */
export async function resolveNotices(
  queryable: Queryable,
  causes: readonly { org: string; cause: string }[],
): Promise<number> {
  if (causes.length === 0) return 0
  const rows = await queryable.query(
    `with ${closing('join unnest($1::text[], $2::text[]) as r(org, cause) on r.org = n.org_id and r.cause = n.cause where true')}
     select id from changed`,
    [causes.map((each) => each.org), causes.map((each) => each.cause)],
  )
  return rows.length
}

/** So often a cause may happen and still be over with the first success. */
const rarely = 3

/**
 * Closes what is open about these keys.
 * @param kinds only these; absent: all
 * @param quietSeconds what has happened more than a few times must not have happened again for so long, on any node, lest the
 *   notice of a key that fails now and then comes and goes; default 0
 */
export async function resolveNoticesOfKeys(
  queryable: Queryable,
  keyIds: readonly string[],
  { kinds, quietSeconds = 0 }: { kinds?: readonly string[] | undefined; quietSeconds?: number | undefined } = {},
): Promise<number> {
  if (keyIds.length === 0) return 0
  const rows = await queryable.query(
    `with ${closing(`
        where n.key_id = any($1::text[]) and ($2::text[] is null or n.kind = any($2))
          and (n.count <= ${rarely} or n.last_at <= now() - make_interval(secs => $3))`)}
     select id from changed`,
    [keyIds, kinds ?? null, quietSeconds],
  )
  return rows.length
}

/**
 * Makes the open notices of these kinds exactly those of `causes`: opens what is new, closes what is no more, and lets
 * what stays have its newest facts. For what is read from the state of all organizations, not counted.
 * @param of.org only this organization's; absent: everybody's
 */
export async function syncNotices(
  tx: Queryable,
  causes: readonly NoticeCause[],
  { kinds, org, newId }: { kinds: readonly string[]; org?: string | undefined; newId: () => string },
): Promise<void> {
  const rows = toRecords(causes, newId)
  await tx.query(
    `with changed as (
       ${insertion}
       on conflict (org_id, cause) where resolved_at is null
       do update set facts = excluded.facts, last_at = now() where n.facts is distinct from excluded.facts
       returning ${toldOf}, n.id = any($2::text[]) as is_new),
     ${tell('opened', 'is_new')}
     select id from changed`,
    [JSON.stringify(rows), rows.map((row) => row.id)],
  )
  await tx.query(
    `with ${closing(`
        where n.kind = any($1::text[]) and ($2::text is null or n.org_id = $2)
          and not exists (select 1 from unnest($3::text[], $4::text[]) as r(org, cause)
                           where r.org = n.org_id and r.cause = n.cause)`)}
     select id from changed`,
    [kinds, org ?? null, causes.map((each) => each.org), causes.map((each) => each.cause)],
  )
}

export interface KeyForNotices {
  id: string
  version: number
  environment: string
  hint: string
  /** When a test last found the key to work; milliseconds since 1970. */
  proved_ms: number | null
}

/** What a notice says of a key; of those of the keys that are on. */
export function readKeysForNotices(queryable: Queryable, ids: readonly string[]): Promise<KeyForNotices[]> {
  return queryable.query(
    `select id, version, environment, hint,
            case when last_test->>'status' = 'valid'
                 then (extract(epoch from (last_test->>'at')::timestamptz) * 1000)::bigint end as proved_ms
       from provider_keys where id = any($1::text[]) and state = 'active'`,
    [ids],
  )
}

export interface KeyToRotate {
  id: string
  org_id: string
  plan: string
  provider: string
  environment: string
  hint: string
  owner: string | null
  /** `YYYY-MM-DD` */
  rotate_by: string
}

/** Keys in use that are due on this date or before. @param until `YYYY-MM-DD` */
export function keysToRotate(queryable: Queryable, until: string): Promise<KeyToRotate[]> {
  return queryable.query<KeyToRotate>(
    `select k.id, k.org_id, o.plan, k.provider, k.environment, k.hint, k.owner, k.rotate_by
       from provider_keys k join organizations o on o.id = k.org_id
      where k.rotate_by <= $1::date and k.state = 'active'`,
    [until],
  )
}

/** Organizations, by id, that had requests lately or have an open notice of one of these kinds. */
export async function activeOrganizations(
  queryable: Queryable,
  { after, kinds, limit }: { after: string; kinds: readonly string[]; limit: number },
): Promise<string[]> {
  const rows = await queryable.query<{ id: string }>(
    `select o.id from organizations o
      where o.id > $1
        and (exists (select 1 from entries e where e.org_id = o.id and e.started_at > now() - interval '15 minutes')
          or exists (select 1 from notices n where n.org_id = o.id and n.resolved_at is null and n.kind = any($2::text[])))
      order by o.id limit $3`,
    [after, kinds, limit],
  )
  return rows.map(({ id }) => id)
}

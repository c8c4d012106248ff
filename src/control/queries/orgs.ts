import { balanceColumns, type OrganizationRow, type Queryable } from '../../store/index.ts'
import { failing } from './health.ts'

export interface ListedOrg extends OrganizationRow {
  keys: number
  failing_keys: number
  notices: number
}

export interface OrgFilter {
  after: string | undefined
  search: string | undefined
  plan: string | undefined
  /** Only those with keys that fail. */
  failing: boolean
  limit: number
}

/** Organizations by id, with what the operator looks for: how many keys, how many of them fail, how many open notices. */
export function searchOrgs(queryable: Queryable, filter: OrgFilter): Promise<ListedOrg[]> {
  const { after, search, plan, limit } = filter
  const pattern = search === undefined ? null : `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`
  return queryable.query<ListedOrg>(
    `select o.*, ${balanceColumns},
            (select count(*) from provider_keys k where k.org_id = o.id) as keys,
            (select count(*) from provider_keys k where k.org_id = o.id and ${failing}) as failing_keys,
            (select count(*) from notices n where n.org_id = o.id and n.resolved_at is null) as notices
       from organizations o
      where o.id > $1 and ($2::text is null or o.id ilike $2 or o.name ilike $2) and ($3::text is null or o.plan = $3)
        and (not $5::boolean or exists (select from provider_keys k where k.org_id = o.id and ${failing}))
      order by o.id limit $4`,
    [after ?? '', pattern, plan ?? null, limit, filter.failing],
  )
}

/**
 * Which provider serves all; '': the platform's AI. The caller touches the organization in the same transaction.
 * @param place.user whose choice it is; empty: the organization's
 */
export async function setActiveProvider(
  tx: Queryable,
  { org, user }: { org: string; user: string },
  provider: string,
): Promise<void> {
  if (user === '') await tx.query('update organizations set active_provider = $2 where id = $1', [org, provider])
  else
    await tx.query(
      `insert into active_providers (org_id, user_id, provider) values ($1, $2, $3)
       on conflict (org_id, user_id) do update set provider = excluded.provider`,
      [org, user, provider],
    )
}

/** What was chosen; undefined: nobody chose. @param place as above */
export async function getActiveProvider(
  queryable: Queryable,
  { org, user }: { org: string; user: string },
): Promise<string | undefined> {
  const [row] = await queryable.query<{ provider: string | null }>(
    user === ''
      ? 'select active_provider as provider from organizations where id = $1'
      : 'select provider from active_providers where org_id = $1 and user_id = $2',
    user === '' ? [org] : [org, user],
  )
  return row?.provider ?? undefined
}

/** Id → name; one that was deleted has none. */
export async function orgNames(queryable: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await queryable.query<{ id: string; name: string }>(
    'select id, name from organizations where id = any($1)',
    [ids],
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}

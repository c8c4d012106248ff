import type { Queryable } from '../database.ts'

/** What an organization has anew in a month. */
export interface Allowance {
  org: string
  credits: number
}

/** The month `$1` has not begun for it yet; or its plan gave nothing then, and gives something now. */
const isDue = (gives: string) => `(allowance_month is null or allowance_month < to_timestamp($1::float8 / 1000)
           or (allowance_month = to_timestamp($1::float8 / 1000) and allowance_size = 0 and ${gives}))`

/**
 * Grants the month's allowances, each once: an organization that has this month's already is left as it is. What was left
 * of the month before lapses; what was used beyond the balance is paid off first.
 * @param month milliseconds at which it began (UTC)
 * @returns those that got theirs now
 */
export async function grantAllowances(
  queryable: Queryable,
  allowances: readonly Allowance[],
  month: number,
): Promise<string[]> {
  if (allowances.length === 0) return []
  const rows = await queryable.query<{ id: string }>(
    `with wanted as (
       select o.id, w.size from organizations o join unnest($2::text[], $3::bigint[]) w(id, size) on w.id = o.id
        where ${isDue('w.size > 0')}
        order by o.id for no key update of o)
     update organizations o
        set allowance_month = to_timestamp($1::float8 / 1000), allowance_size = w.size,
            allowance_former = o.allowance_spent - o.allowance_size,
            allowance_spent = least(o.overdrawn, w.size), overdrawn = o.overdrawn - least(o.overdrawn, w.size)
       from wanted w
      where o.id = w.id and ${isDue('w.size > 0')}
     returning o.id`,
    [month, allowances.map(({ org }) => org), allowances.map(({ credits }) => credits)],
  )
  return rows.map(({ id }) => id)
}

/**
 * Organizations, in order of their ids, whose allowance is not this month's: on a plan that gives one, or with one that has
 * lapsed.
 */
export function staleAllowances(
  queryable: Queryable,
  { month, plans, limit }: { month: number; plans: readonly string[]; limit: number },
): Promise<{ id: string; plan: string }[]> {
  return queryable.query(
    `select id, plan from organizations
      where ${isDue('plan = any($2::text[])')} and (plan = any($2::text[]) or allowance_size > 0)
      order by id limit $3`,
    [month, plans, limit],
  )
}

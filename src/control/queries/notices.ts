import type { Queryable } from '../../store/index.ts'

export interface NoticeRow {
  id: string
  cause: string
  kind: string
  provider: string | null
  key_id: string | null
  facts: Record<string, unknown>
  count: number
  opened_at: Date
  last_at: Date
  resolved_at: Date | null
}

export interface NoticeFilter {
  org: string
  state: 'open' | 'resolved' | 'all'
  /** The member who asks: what concerns another user's own key is not theirs to see. Absent: the operator. */
  member?: string | undefined
  before?: string | undefined
  limit: number
}

/** Newest first. */
export function listNotices(
  queryable: Queryable,
  { org, state, member, before, limit }: NoticeFilter,
): Promise<NoticeRow[]> {
  return queryable.query<NoticeRow>(
    `select id, cause, kind, provider, key_id, facts, count, opened_at, last_at, resolved_at from notices
      where org_id = $1 and ($2::text is null or id < $2)
        and ($3 = 'all' or ($3 = 'open' and resolved_at is null) or ($3 = 'resolved' and resolved_at is not null))
        and ($5::text is null or user_id is null or user_id = $5)
      order by id desc limit $4`,
    [org, before ?? null, state, limit, member ?? null],
  )
}

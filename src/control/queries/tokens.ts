import type { Queryable } from '../../store/index.ts'

export interface StoredToken {
  id: string
  kind: 'service' | 'access'
  org_id: string | null
  user_id: string | null
  feature: string | null
  environment: string | null
  created_at: Date
  created_by: string
  expires_at: Date | null
  revoked_at: Date | null
}

const columns = 'id, kind, org_id, user_id, feature, environment, created_at, created_by, expires_at, revoked_at'

export async function insertToken(
  tx: Queryable,
  token: Omit<StoredToken, 'revoked_at'> & { hash: Buffer },
): Promise<void> {
  await tx.query(
    `insert into tokens (id, hash, kind, org_id, user_id, feature, environment, created_at, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      token.id,
      token.hash,
      token.kind,
      token.org_id,
      token.user_id,
      token.feature,
      token.environment,
      token.created_at,
      token.created_by,
      token.expires_at,
    ],
  )
}

export async function getToken(queryable: Queryable, id: string): Promise<StoredToken | undefined> {
  const [row] = await queryable.query<StoredToken>(`select ${columns} from tokens where id = $1`, [id])
  return row
}

/** Newest first: ids sort by time. */
export function listTokens(
  queryable: Queryable,
  page: { org: string | undefined; before: string | undefined; limit: number },
): Promise<StoredToken[]> {
  return queryable.query<StoredToken>(
    `select ${columns} from tokens where ($1::text is null or org_id = $1) and ($2::text is null or id < $2) order by id desc limit $3`,
    [page.org ?? null, page.before ?? null, page.limit],
  )
}

/** The token as it is afterwards; undefined when there is none. A second time changes nothing. */
export async function revokeToken(tx: Queryable, id: string, now: Date): Promise<StoredToken | undefined> {
  const [row] = await tx.query<StoredToken>(
    `update tokens set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${columns}`,
    [id, now],
  )
  return row
}

/** For tokens that lived for one call only. */
export async function deleteToken(queryable: Queryable, id: string): Promise<void> {
  await queryable.query('delete from tokens where id = $1', [id])
}

import type { Queryable } from '../../store/index.ts'
import { hashToken } from '../../tenants/index.ts'

export interface SessionRow {
  id: string
  kind: 'member' | 'operator'
  org_id: string | null
  user_id: string | null
  user_name: string | null
  role: string | null
  locale: string | null
  created_at: Date
  expires_at: Date
}

export interface NewSession {
  id: string
  hash: Buffer
  /** Of the single-use code in the link; absent for the page's own session. */
  signIn?: { hash: Buffer; expiresAt: Date } | undefined
  /** The session whose link was used; ending that one ends this one. */
  parent?: string | undefined
  kind: 'member' | 'operator'
  org: string | null
  user: string | null
  userName: string | null
  role: string | null
  locale: string | null
  createdAt: Date
  expiresAt: Date
}

/** Tokens and codes are random and long: one round of SHA-256 is all that their hash needs. */
export function hashOf(token: string): Buffer {
  return Buffer.from(hashToken(token), 'hex')
}

/** Undefined: unknown, expired or ended. */
export async function findSession(queryable: Queryable, hash: Buffer, now: Date): Promise<SessionRow | undefined> {
  const [row] = await queryable.query<SessionRow>(
    'select * from sessions where hash = $1 and revoked_at is null and expires_at > $2',
    [hash, now],
  )
  return row
}

export async function insertSession(tx: Queryable, session: NewSession): Promise<void> {
  await tx.query(
    `insert into sessions (id, hash, sign_in_hash, sign_in_expires, parent_id, kind, org_id, user_id, user_name, role, locale, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      session.id,
      session.hash,
      session.signIn?.hash ?? null,
      session.signIn?.expiresAt ?? null,
      session.parent ?? null,
      session.kind,
      session.org,
      session.user,
      session.userName,
      session.role,
      session.locale,
      session.createdAt,
      session.expiresAt,
    ],
  )
}

/** Uses a link's code up, in one statement: of any number of nodes that try it at once, one gets the row. */
export async function takeSignInCode(queryable: Queryable, hash: Buffer, now: Date): Promise<SessionRow | undefined> {
  const [row] = await queryable.query<SessionRow>(
    `update sessions set sign_in_hash = null
     where sign_in_hash = $1 and sign_in_expires > $2 and expires_at > $2 and revoked_at is null returning *`,
    [hash, now],
  )
  return row
}

/**
 * Ends the session and those that its link opened. Within a transaction, because it waits for whoever is using the link at this moment
 * and would not see the session that comes of it otherwise. Answers with its organization; undefined when it is not there.
 */
export async function endSession(tx: Queryable, id: string, now: Date): Promise<{ org_id: string | null } | undefined> {
  await tx.query('select from sessions where id = $1 for update', [id])
  const rows = await tx.query<{ id: string; org_id: string | null }>(
    `update sessions set revoked_at = coalesce(revoked_at, $2), sign_in_hash = null where id = $1 or parent_id = $1 returning id, org_id`,
    [id, now],
  )
  return rows.find((row) => row.id === id)
}

export interface SessionFilter {
  org: string | undefined
  kind: 'member' | 'operator' | undefined
  /** The last id of the page before. */
  before: string | undefined
  now: Date
  limit: number
}

/** Sessions that can be used now, newest first. */
export function listSessions(
  queryable: Queryable,
  { org, kind, before, now, limit }: SessionFilter,
): Promise<(SessionRow & { parent_id: string | null })[]> {
  const values: unknown[] = [now]
  const parts = ['revoked_at is null', 'expires_at > $1']
  const add = (condition: string, value: unknown) => {
    if (value !== undefined) parts.push(`${condition} $${values.push(value)}`)
  }
  add('org_id =', org)
  add('kind =', kind)
  add('id <', before)
  return queryable.query(
    `select * from sessions where ${parts.join(' and ')} order by id desc limit $${values.push(limit)}`,
    values,
  )
}

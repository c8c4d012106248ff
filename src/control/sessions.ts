import type { Role } from '../contract/index.ts'
import type { Queryable } from '../store/index.ts'
import { newToken } from '../tenants/index.ts'
import { newSessionId } from './ids.ts'
import { hashOf, insertSession, takeSignInCode } from './queries/sessions.ts'

/** Whose session it is: a member of one organization, or an operator. */
export type SessionSubject =
  | { kind: 'member'; org: string; user: { id: string; name: string | null; role: Role }; locale: string | null }
  | { kind: 'operator'; user: { id: string; name: string | null } }

export interface OpenSession {
  subject: SessionSubject
  now: number
  /** Milliseconds that the session lives. */
  lifeMs: number
  /** Milliseconds that the link's code can be used in. */
  signInMs: number
}

export interface OpenedSession {
  id: string
  /** `oks_…`, given out once. */
  token: string
  /** Single-use; what a browser exchanges for a session of its own. */
  code: string
  expiresAt: Date
}

/** Opens a session and makes its sign-in code. Only hashes are stored. */
export async function openSession(
  tx: Queryable,
  { subject, now, lifeMs, signInMs }: OpenSession,
): Promise<OpenedSession> {
  const opened = {
    id: newSessionId(now),
    token: newToken('session'),
    code: newToken('sign_in'),
    expiresAt: new Date(now + lifeMs),
  }
  await insertSession(tx, {
    ...columnsOf(subject),
    id: opened.id,
    hash: hashOf(opened.token),
    signIn: { hash: hashOf(opened.code), expiresAt: new Date(now + Math.min(signInMs, lifeMs)) },
    createdAt: new Date(now),
    expiresAt: opened.expiresAt,
  })
  return opened
}

/**
 * Uses a sign-in code up and opens the page's own session, which ends no later than the one that the link belongs to.
 * Undefined: used already, expired, or never there.
 */
export async function exchangeCode(tx: Queryable, { code, now }: { code: string; now: number }) {
  const parent = await takeSignInCode(tx, hashOf(code), new Date(now))
  if (!parent) return undefined
  const token = newToken('session')
  const session = {
    id: newSessionId(now),
    hash: hashOf(token),
    parent: parent.id,
    kind: parent.kind,
    org: parent.org_id,
    user: parent.user_id,
    userName: parent.user_name,
    role: parent.role,
    locale: parent.locale,
    createdAt: new Date(now),
    expiresAt: parent.expires_at,
  }
  await insertSession(tx, session)
  return { ...session, token }
}

function columnsOf(subject: SessionSubject) {
  const user = { user: subject.user.id, userName: subject.user.name }
  return subject.kind === 'member'
    ? { ...user, kind: 'member' as const, org: subject.org, role: subject.user.role, locale: subject.locale }
    : { ...user, kind: 'operator' as const, org: null, role: null, locale: null }
}

/** The address that a person opens, once. */
export function signInUrl(publicUrl: string, code: string): string {
  return new URL(`/signin?code=${code}`, publicUrl).href
}

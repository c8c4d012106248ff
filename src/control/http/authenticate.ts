import { OwnkeyError, type Role } from '../../contract/index.ts'
import { isSecret, type Secret } from '../../crypto/index.ts'
import type { Queryable } from '../../store/index.ts'
import { looksLikeToken } from '../../tenants/index.ts'
import { findSession, hashOf } from '../queries/sessions.ts'
import type { Caller } from './caller.ts'

export interface AuthenticateDeps {
  database: Queryable
  adminToken: Secret
  now(): number
}

/**
 * What the one `Authorization` header says; undefined where there is none. Node would take the first of several, and whoever stands in
 * front may have looked at another.
 * @throws OwnkeyError `request_invalid` when two say different things
 */
export function authorizationOf({ rawHeaders }: { rawHeaders: readonly string[] }): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'authorization')
  if (new Set(values).size > 1)
    throw new OwnkeyError('request_invalid', {
      detail: 'The request has two different Authorization headers.',
      fix: 'Send one token, in one header.',
    })
  return values[0]
}

/**
 * The caller that a bearer token names; undefined when none was sent. The operator's token is compared in constant
 * time; a session is looked up by the hash of the whole token.
 * @throws OwnkeyError `token_invalid`
 */
export async function authenticate(
  authorization: string | undefined,
  { database, adminToken, now }: AuthenticateDeps,
): Promise<Caller | undefined> {
  if (authorization === undefined) return undefined
  const token = /^Bearer +([\x21-\x7E]+)$/i.exec(authorization)?.[1]
  if (token === undefined)
    throw new OwnkeyError('token_invalid', { detail: 'The Authorization header holds no bearer token.' })
  if (isSecret(token, adminToken))
    return { kind: 'operator', id: 'operator', name: null, sessionId: null, expiresAt: null }
  if (token.startsWith('okt_')) {
    throw new OwnkeyError('token_invalid', {
      detail: 'This is a gateway token (okt_…); the control API takes a session token (oks_…) or the operator’s token.',
      fix: 'Open a session with POST /api/v1/sessions and send its token.',
    })
  }
  const session = looksLikeToken(token, 'session')
    ? await findSession(database, hashOf(token), new Date(now()))
    : undefined
  if (!session) {
    throw new OwnkeyError(
      'token_invalid',
      token.startsWith('oks_')
        ? {
            detail: 'The session has ended: its token is unknown, expired or revoked.',
            fix: 'Open the settings anew from the product, which makes a session with POST /api/v1/sessions.',
            facts: { session: 'ended' },
          }
        : {
            detail:
              'This is no token of the control API, whose session tokens begin with oks_; a provider’s key does not belong here.',
            fix: 'Open a new session with POST /api/v1/sessions.',
          },
    )
  }
  const common = {
    id: session.user_id ?? 'operator',
    name: session.user_name,
    sessionId: session.id,
    expiresAt: session.expires_at,
  }
  if (session.kind === 'operator') return { kind: 'operator', ...common }
  return {
    kind: 'member',
    ...common,
    org: session.org_id as string,
    role: session.role as Role,
    locale: session.locale,
  }
}

import type { Token } from '../contract/index.ts'
import type { StoredToken } from './queries/tokens.ts'

export function showToken(row: StoredToken, now: number): Token {
  const expired = row.expires_at !== null && row.expires_at.getTime() <= now
  return {
    id: row.id,
    kind: row.kind,
    org: row.org_id,
    user: row.user_id,
    feature: row.feature,
    environment: row.environment,
    state: row.revoked_at ? 'revoked' : expired ? 'expired' : 'active',
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }
}

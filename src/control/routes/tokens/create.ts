import { appendAudit } from '../../../audit/index.ts'
import { type CreateToken, createdTokenSchema, createTokenSchema, OwnkeyError } from '../../../contract/index.ts'
import { dayMs } from '../../../lib/index.ts'
import { checkEnvironment } from '../../../policy/index.ts'
import { newToken } from '../../../tenants/index.ts'
import { actorOf } from '../../actor.ts'
import type { InForce } from '../../deps.ts'
import { defineRoute } from '../../http/route.ts'
import { newTokenId } from '../../ids.ts'
import { hashOf } from '../../queries/sessions.ts'
import { insertToken } from '../../queries/tokens.ts'
import { requireFeature } from '../../require-feature.ts'
import { holdOrg } from '../../require-org.ts'
import { showToken } from '../../show-token.ts'

export const createToken = defineRoute({
  name: 'tokens.create',
  method: 'POST',
  path: '/api/v1/tokens',
  tag: 'Tokens',
  summary: 'Make a gateway token. It is shown in this answer only.',
  body: createTokenSchema,
  answer: createdTokenSchema,
  status: 201,
  async handle(call, deps) {
    const { kind, org, user, feature, environment, expiresIn } = call.body
    checkBody(call.body, deps.inForce())
    const now = deps.clock.now()
    const longest = deps.inForce().config.lifetimes.tokenDays
    const lifeMs = Math.min(
      expiresIn === undefined ? Infinity : expiresIn * 1000,
      longest === undefined ? Infinity : longest * dayMs,
    )
    const token = newToken(kind)
    const row = {
      id: newTokenId(now),
      kind,
      org_id: org ?? null,
      user_id: user ?? null,
      feature: feature ?? null,
      environment: environment ?? null,
      created_at: new Date(now),
      created_by: call.caller.id,
      expires_at: Number.isFinite(lifeMs) ? new Date(now + lifeMs) : null,
    }
    await deps.database.transaction(async (tx) => {
      if (org !== undefined) await holdOrg(tx, org)
      await insertToken(tx, { ...row, hash: hashOf(token) })
      await appendAudit(tx, deps, {
        org: org ?? '',
        ...actorOf(call),
        action: 'token.create',
        target: row.id,
        detail: { kind },
      })
    })
    return { ...showToken({ ...row, revoked_at: null }, now), token }
  },
})

function checkBody({ kind, org, user, feature, environment }: CreateToken, { policy }: InForce): void {
  const missing = kind === 'access' && org === undefined ? 'an access token carries an organization' : undefined
  const loose = user !== undefined && org === undefined ? 'a user belongs to an organization' : undefined
  const detail = missing ?? loose
  if (detail) {
    throw new OwnkeyError('request_invalid', {
      detail: `body.org: ${detail}.`,
      fix: 'Add "org".',
      errors: [{ field: 'body.org', detail, code: 'missing' }],
    })
  }
  if (environment !== undefined) checkEnvironment(environment, policy, 'body.environment')
  if (feature !== undefined) requireFeature(feature, policy)
}

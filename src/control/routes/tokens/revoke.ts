import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { OwnkeyError } from '../../../contract/index.ts'
import { changesChannel, noteWithdrawal } from '../../../store/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { revokeToken } from '../../queries/tokens.ts'

export const revokeTokenRoute = defineRoute({
  name: 'tokens.revoke',
  method: 'DELETE',
  path: '/api/v1/tokens/:id',
  tag: 'Tokens',
  summary: 'Revoke a gateway token: here at once, on every node within 5 seconds.',
  params: z.object({ id: z.string() }),
  async handle(call, deps) {
    const { id } = call.params
    await deps.database.transaction(async (tx) => {
      const row = await revokeToken(tx, id, new Date(deps.clock.now()))
      if (!row)
        throw new OwnkeyError('not_found', {
          detail: 'There is no such token.',
          facts: { absent: 'token' },
          fix: 'Use an id from GET /api/v1/tokens.',
        })
      await tx.query('select pg_notify($1, $2)', [changesChannel, JSON.stringify({ token: id })])
      await appendAudit(tx, deps, {
        org: row.org_id ?? '',
        ...actorOf(call),
        action: 'token.revoke',
        target: id,
        detail: {},
      })
      await noteWithdrawal(tx, { kind: 'token', target: id })
    })
    deps.tenants.forgetToken(id)
    return undefined
  },
})

import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { OwnkeyError } from '../../../contract/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { endSession } from '../../queries/sessions.ts'

export const revokeSession = defineRoute({
  name: 'sessions.revoke',
  method: 'DELETE',
  path: '/api/v1/sessions/:id',
  tag: 'Sessions',
  summary: 'End a session and those that its link opened.',
  params: z.object({ id: z.string().max(100) }),
  async handle(call, deps) {
    await deps.database.transaction(async (tx) => {
      const ended = await endSession(tx, call.params.id, new Date(deps.clock.now()))
      if (!ended)
        throw new OwnkeyError('not_found', { detail: 'There is no such session.', facts: { absent: 'session' } })
      await appendAudit(tx, deps, {
        org: ended.org_id ?? '',
        ...actorOf(call),
        action: 'session.revoke',
        target: call.params.id,
        detail: {},
      })
    })
    return undefined
  },
})

import { defineRoute } from '../../http/route.ts'
import { endSession } from '../../queries/sessions.ts'

export const endCurrentSession = defineRoute({
  name: 'sessions.end',
  method: 'DELETE',
  path: '/api/v1/sessions/current',
  tag: 'Sessions',
  summary: 'Sign out: this token works no more.',
  async handle({ caller }, deps) {
    const { sessionId } = caller
    if (sessionId) await deps.database.transaction((tx) => endSession(tx, sessionId, new Date(deps.clock.now())))
    return undefined
  },
})

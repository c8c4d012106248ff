import { sessionSchema } from '../../../contract/index.ts'
import { defineRoute } from '../../http/route.ts'

export const currentSession = defineRoute({
  name: 'sessions.current',
  method: 'GET',
  path: '/api/v1/sessions/current',
  tag: 'Sessions',
  summary: 'Who this token is.',
  answer: sessionSchema,
  async handle({ caller }) {
    const common = { id: caller.sessionId, kind: caller.kind, expiresAt: caller.expiresAt?.toISOString() ?? null }
    const user = { id: caller.id, name: caller.name }
    return caller.kind === 'member'
      ? { ...common, org: caller.org, user: { ...user, role: caller.role }, locale: caller.locale }
      : { ...common, org: null, user: { ...user, role: 'operator' as const }, locale: null }
  },
})

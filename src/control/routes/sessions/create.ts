import { appendAudit } from '../../../audit/index.ts'
import { createdSessionSchema, createSessionSchema } from '../../../contract/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'
import { holdOrg } from '../../require-org.ts'
import { openSession, signInUrl } from '../../sessions.ts'

export const createSession = defineRoute({
  name: 'sessions.create',
  method: 'POST',
  path: '/api/v1/sessions',
  tag: 'Sessions',
  summary: 'Open a member’s session: a token for the widget and the API, and a link that opens the settings page once.',
  body: createSessionSchema,
  answer: createdSessionSchema,
  status: 201,
  async handle(call, deps) {
    const { org, user, locale, expiresIn } = call.body
    const { lifetimes } = deps.inForce().config
    const opened = await deps.database.transaction(async (tx) => {
      await holdOrg(tx, org)
      const session = await openSession(tx, {
        subject: { kind: 'member', org, user: { ...user, name: user.name ?? null }, locale: locale ?? null },
        now: deps.clock.now(),
        lifeMs: (expiresIn ?? lifetimes.sessionMinutes * 60) * 1000,
        signInMs: lifetimes.signInMinutes * 60_000,
      })
      await appendAudit(tx, deps, {
        org,
        ...actorOf(call),
        action: 'session.create',
        target: session.id,
        detail: { user: user.id, role: user.role },
      })
      return session
    })
    return {
      id: opened.id,
      token: opened.token,
      url: signInUrl(call.requestOrigin, opened.code),
      expiresAt: opened.expiresAt.toISOString(),
    }
  },
})

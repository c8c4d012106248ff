import { exchangedSessionSchema, exchangeSchema, OwnkeyError } from '../../../contract/index.ts'
import { looksLikeToken } from '../../../tenants/index.ts'
import { defineRoute } from '../../http/route.ts'
import { exchangeCode } from '../../sessions.ts'

export const exchangeSession = defineRoute({
  name: 'sessions.exchange',
  method: 'POST',
  path: '/api/v1/sessions/exchange',
  tag: 'Sessions',
  summary: 'Use the code of a sign-in link up and get the page’s own token. Works once, on whichever node.',
  body: exchangeSchema,
  answer: exchangedSessionSchema,
  async handle({ body }, deps) {
    // Anybody may ask this: what cannot be a code costs no transaction.
    if (!looksLikeToken(body.code, 'sign_in')) throw new OwnkeyError('sign_in_invalid')
    const session = await deps.database.transaction((tx) =>
      exchangeCode(tx, { code: body.code, now: deps.clock.now() }),
    )
    if (!session) throw new OwnkeyError('sign_in_invalid')
    return {
      token: session.token,
      id: session.id,
      kind: session.kind,
      org: session.org,
      user: { id: session.user ?? 'operator', name: session.userName, role: (session.role ?? 'operator') as 'owner' },
      locale: session.locale,
      expiresAt: session.expiresAt.toISOString(),
    }
  },
})

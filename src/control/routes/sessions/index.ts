/** Sessions of members and operators, and the link that opens the page once. */
import { createSession } from './create.ts'
import { currentSession } from './current.ts'
import { endCurrentSession } from './end.ts'
import { exchangeSession } from './exchange.ts'
import { listSessionsRoute } from './list.ts'
import { revokeSession } from './revoke.ts'

export const sessionRoutes = [
  createSession,
  exchangeSession,
  currentSession,
  endCurrentSession,
  listSessionsRoute,
  revokeSession,
]

import { z } from 'zod'
import { type SessionsPage, sessionsPageSchema, sessionsQuerySchema } from '../../../contract/index.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { listSessions, type SessionRow } from '../../queries/sessions.ts'

export const listSessionsRoute = defineRoute({
  name: 'sessions.list',
  method: 'GET',
  path: '/api/v1/sessions',
  tag: 'Sessions',
  summary: 'Sessions that can be used now, newest first. No token is shown.',
  query: sessionsQuerySchema,
  answer: sessionsPageSchema,
  async handle({ query, caller }, deps) {
    const limit = pageSize(query.limit, false)
    const position = readCursor('sessions', z.tuple([z.string()]), query.cursor)
    const found = await listSessions(deps.database, {
      org: query.org,
      kind: query.kind,
      before: position?.[0],
      now: new Date(deps.clock.now()),
      limit: limit + 1,
    })
    const { rows, nextCursor } = pageFrom(found, limit, ({ id }) => writeCursor('sessions', [id]))
    return { items: rows.map((row) => showSession(row, caller.sessionId)), nextCursor }
  },
})

function showSession(
  row: SessionRow & { parent_id: string | null },
  own: string | null,
): SessionsPage['items'][number] {
  return {
    id: row.id,
    kind: row.kind,
    org: row.org_id,
    user: { id: row.user_id ?? 'operator', name: row.user_name, role: (row.role ?? 'operator') as 'owner' },
    locale: row.locale,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    parent: row.parent_id,
    current: row.id === own,
  }
}

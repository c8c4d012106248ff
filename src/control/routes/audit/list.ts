import { z } from 'zod'
import { listAudit } from '../../../audit/index.ts'
import { type AuditRow, auditPageSchema, auditQuerySchema } from '../../../contract/index.ts'
import type { CsvTable } from '../../http/csv.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { readRange } from '../../http/range.ts'
import { defineRoute } from '../../http/route.ts'
import { requireOrg } from '../../require-org.ts'

export const listAuditRoute = defineRoute({
  name: 'audit.list',
  method: 'GET',
  path: '/api/v1/orgs/:org/audit',
  tag: 'Books',
  summary: 'Who did what, when and from where, newest first.',
  params: z.object({ org: z.string() }),
  query: auditQuerySchema,
  answer: auditPageSchema,
  async handle({ params, query, csv }, deps) {
    await requireOrg(deps, params.org)
    const limit = pageSize(query.limit, csv)
    const position = readCursor('audit', z.tuple([z.int()]), query.cursor)
    const range = query.from || query.to ? readRange(query, deps.clock.now()) : undefined
    const found = await listAudit(deps.database, params.org, {
      cursor: position?.[0],
      action: query.action,
      actor: query.actor,
      ...range,
      limit: limit + 1,
    })
    const { rows: items, nextCursor } = pageFrom(found, limit, ({ seq }) => writeCursor('audit', [seq]))
    const page = { items: [...items], nextCursor }
    return csv ? { csv: auditTable(items), nextCursor } : page
  },
})

function auditTable(items: readonly AuditRow[]): CsvTable {
  return {
    header: ['seq', 'at', 'actorKind', 'actor', 'actorName', 'ip', 'action', 'target', 'detail'],
    rows: items.map(({ seq, at, actor, ip, action, target, detail }) => [
      seq,
      at,
      actor.kind,
      actor.id,
      actor.name,
      ip,
      action,
      target,
      JSON.stringify(detail),
    ]),
  }
}

import { z } from 'zod'
import { showAuditRow } from '../../../audit/index.ts'
import { auditSearchPageSchema, auditSearchSchema } from '../../../contract/index.ts'
import { searchAuditOfAll } from '../../../store/index.ts'
import { momentSchema, numberSchema, pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { readRange } from '../../http/range.ts'
import { defineRoute } from '../../http/route.ts'
import { auditTable } from './list.ts'

export const searchAuditRoute = defineRoute({
  name: 'audit.search',
  method: 'GET',
  path: '/api/v1/audit/search',
  tag: 'Operator',
  summary: 'Who did what over all organizations and the platform, newest first.',
  query: auditSearchSchema,
  answer: auditSearchPageSchema,
  async handle({ query, csv }, deps) {
    const limit = pageSize(query.limit, csv)
    const position = readCursor('audit.search', z.tuple([momentSchema, z.string(), numberSchema]), query.cursor)
    const { org, action, actor } = query
    const range = query.from || query.to ? readRange(query, deps.clock.now()) : {}
    const before = position && { at: new Date(position[0]), org: position[1], seq: position[2] }
    const found = await searchAuditOfAll(deps.database, { org, action, actor, ...range, before, limit: limit + 1 })
    const { rows, nextCursor } = pageFrom(found, limit, (row) =>
      writeCursor('audit.search', [row.at.getTime(), row.org_id, row.seq]),
    )
    const items = rows.map((row) => ({ ...showAuditRow(row), org: row.org_id, orgName: row.org_name }))
    if (!csv) return { items, nextCursor }
    const { header, rows: lines } = auditTable(items)
    return {
      csv: { header: ['org', ...header], rows: lines.map((line, place) => [items[place]?.org, ...line]) },
      nextCursor,
    }
  },
})

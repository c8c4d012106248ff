import { z } from 'zod'
import { type Notice, noticesPageSchema, noticesQuerySchema } from '../../../contract/index.ts'
import type { CsvTable } from '../../http/csv.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { listNotices } from '../../queries/notices.ts'
import { requireOrg } from '../../require-org.ts'
import { showNotice } from '../../show-notice.ts'

export const listNoticesRoute = defineRoute({
  name: 'notices.list',
  method: 'GET',
  path: '/api/v1/orgs/:org/notices',
  tag: 'Books',
  summary: 'What needs someone, newest first.',
  params: z.object({ org: z.string() }),
  query: noticesQuerySchema,
  answer: noticesPageSchema,
  async handle({ params, query, csv }, deps) {
    await requireOrg(deps, params.org)
    const limit = pageSize(query.limit, csv)
    const position = readCursor('notices', z.tuple([z.string()]), query.cursor)
    const found = await listNotices(deps.database, {
      org: params.org,
      state: query.state,
      before: position?.[0],
      limit: limit + 1,
    })
    const { rows, nextCursor } = pageFrom(found, limit, ({ id }) => writeCursor('notices', [id]))
    const { policy } = deps.inForce()
    const items = rows.map((row) => showNotice(row, policy))
    return csv ? { csv: noticeTable(items), nextCursor } : { items, nextCursor }
  },
})

const columns = [
  'id',
  'kind',
  'severity',
  'provider',
  'title',
  'detail',
  'fix',
  'count',
  'openedAt',
  'lastAt',
  'resolvedAt',
] as const

function noticeTable(items: readonly Notice[]): CsvTable {
  return { header: columns, rows: items.map((item) => columns.map((name) => item[name])) }
}

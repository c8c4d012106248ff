import { z } from 'zod'
import { type Notice, noticesPageSchema, noticesQuerySchema } from '../../../contract/index.ts'
import type { ControlDeps } from '../../deps.ts'
import type { Caller } from '../../http/caller.ts'
import type { CsvTable } from '../../http/csv.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { listNotices } from '../../queries/notices.ts'
import { requireOrg } from '../../require-org.ts'
import { mergeNotices } from '../../settings/current-notices.ts'
import { loadSettings, memberOf } from '../../settings/load-settings.ts'
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
  async handle({ params, query, caller, csv }, deps) {
    await requireOrg(deps, params.org)
    const limit = pageSize(query.limit, csv)
    const position = readCursor('notices', z.tuple([z.string()]), query.cursor)
    const found = await listNotices(deps.database, {
      org: params.org,
      state: query.state,
      member: memberOf(caller),
      before: position?.[0],
      limit: limit + 1,
    })
    const { rows, nextCursor } = pageFrom(found, limit, ({ id }) => writeCursor('notices', [id]))
    const { policy } = deps.inForce()
    const stored = rows.map((row) => showNotice(row, policy))
    const current =
      query.cursor === undefined && query.state !== 'resolved' ? await readFromState(params.org, caller, deps) : []
    const items = mergeNotices(stored, current)
    return csv ? { csv: noticeTable(items), nextCursor } : { items, nextCursor }
  },
})

/** What the settings page shows of the present state, besides what is stored. */
async function readFromState(org: string, caller: Caller, deps: ControlDeps): Promise<Notice[]> {
  const { notices } = await loadSettings({ org, environment: undefined, user: undefined, caller }, deps)
  return notices.filter(({ id }) => id.startsWith('now_'))
}

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

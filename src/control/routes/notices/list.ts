import { z } from 'zod'
import { type Notice, noticesPageSchema, noticesQuerySchema } from '../../../contract/index.ts'
import type { ControlDeps } from '../../deps.ts'
import { type Caller, memberOf } from '../../http/caller.ts'
import type { CsvTable } from '../../http/csv.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { listNotices } from '../../queries/notices.ts'
import { requireOrg } from '../../require-org.ts'
import { mergeNotices } from '../../settings/current-notices.ts'
import { loadSettings } from '../../settings/load-settings.ts'
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
    const after = readCursor('notices', z.tuple([z.string()]), query.cursor)?.[0]
    // Notices that are read from the state come before the stored ones.
    const isAmongCurrent = after === undefined || isCurrent(after)
    const found = await listNotices(deps.database, {
      org: params.org,
      state: query.state,
      member: memberOf(caller),
      before: isAmongCurrent ? undefined : after,
      limit: limit + 1,
    })
    const { policy } = deps.inForce()
    const stored = found.map((row) => showNotice(row, policy))
    const current =
      isAmongCurrent && query.state !== 'resolved' ? await readFromState(params.org, { caller, after }, deps) : []
    const { rows, nextCursor } = pageFrom(mergeNotices(stored, current), limit, ({ id }) =>
      writeCursor('notices', [id]),
    )
    return csv ? { csv: noticeTable(rows), nextCursor } : { items: [...rows], nextCursor }
  },
})

function isCurrent(id: string): boolean {
  return id.startsWith('now_')
}

/** What the settings page shows of the present state, besides what is stored, in the order of its ids. */
async function readFromState(
  org: string,
  { caller, after = '' }: { caller: Caller; after?: string | undefined },
  deps: ControlDeps,
): Promise<Notice[]> {
  const { notices } = await loadSettings({ org, environment: undefined, user: undefined, caller }, deps)
  return notices.filter(({ id }) => isCurrent(id) && id > after).sort((one, other) => (one.id < other.id ? -1 : 1))
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

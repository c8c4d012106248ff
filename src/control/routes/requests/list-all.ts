import { z } from 'zod'
import { allRequestsPageSchema, allRequestsQuerySchema } from '../../../contract/index.ts'
import { resolveProvider } from '../../../policy/index.ts'
import { momentSchema, pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { readRange } from '../../http/range.ts'
import { defineRoute } from '../../http/route.ts'
import { listEntries } from '../../queries/entries.ts'
import { orgNames } from '../../queries/orgs.ts'
import { requestTable, showRequest } from './list.ts'

export const listAllRequests = defineRoute({
  name: 'requests.all',
  method: 'GET',
  path: '/api/v1/requests',
  tag: 'Operator',
  summary: 'Attempts at providers over all organizations, newest first: metadata only.',
  query: allRequestsQuerySchema,
  answer: allRequestsPageSchema,
  async handle({ query, csv }, deps) {
    const limit = pageSize(query.limit, csv)
    const position = readCursor('requests', z.tuple([momentSchema, z.string()]), query.cursor)
    const { policy } = deps.inForce()
    const { org, feature, environment, keySource } = query
    const provider = query.provider && (resolveProvider(policy, query.provider) ?? query.provider)
    const filter = { org, feature, environment, keySource, provider, ...readRange(query, deps.clock.now()) }
    const found = await listEntries(deps.database, filter, {
      outcome: query.outcome,
      requestId: query.requestId,
      before: position && { startedAt: new Date(position[0]), id: position[1] },
      limit: limit + 1,
    })
    const { rows, nextCursor } = pageFrom(found, limit, (row) =>
      writeCursor('requests', [row.started_at.getTime(), row.id]),
    )
    const names = await orgNames(deps.database, [...new Set(rows.map((row) => row.org_id))])
    const items = rows.map((row) => ({
      ...showRequest(row, policy),
      org: row.org_id,
      orgName: names.get(row.org_id) ?? null,
    }))
    return csv ? { csv: withOrg(items), nextCursor } : { items, nextCursor }
  },
})

function withOrg(items: Parameters<typeof requestTable>[0] & readonly { org: string }[]) {
  const { header, rows } = requestTable(items)
  return { header: ['org', ...header], rows: rows.map((row, place) => [items[place]?.org, ...row]) }
}

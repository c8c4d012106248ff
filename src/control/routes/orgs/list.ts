import { z } from 'zod'
import { orgsPageSchema, orgsQuerySchema } from '../../../contract/index.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { searchOrgs } from '../../queries/orgs.ts'
import { showOrg } from '../../show-org.ts'

export const listOrgs = defineRoute({
  name: 'orgs.list',
  method: 'GET',
  path: '/api/v1/orgs',
  tag: 'Organizations',
  summary: 'Organizations by id, with search.',
  query: orgsQuerySchema,
  answer: orgsPageSchema,
  async handle({ query }, deps) {
    const limit = pageSize(query.limit, false)
    const position = readCursor('orgs', z.tuple([z.string()]), query.cursor)
    const found = await searchOrgs(deps.database, {
      after: position?.[0],
      search: query.search,
      plan: query.plan,
      failing: query.failing === 'true',
      limit: limit + 1,
    })
    const { rows, nextCursor } = pageFrom(found, limit, ({ id }) => writeCursor('orgs', [id]))
    const context = { inForce: deps.inForce(), now: deps.clock.now() }
    const items = rows.map((row) => ({
      ...showOrg(row, context),
      keys: row.keys,
      failingKeys: row.failing_keys,
      notices: row.notices,
    }))
    return { items, nextCursor }
  },
})

import { z } from 'zod'
import { tokensPageSchema, tokensQuerySchema } from '../../../contract/index.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'
import { listTokens } from '../../queries/tokens.ts'
import { showToken } from '../../show-token.ts'

export const listTokensRoute = defineRoute({
  name: 'tokens.list',
  method: 'GET',
  path: '/api/v1/tokens',
  tag: 'Tokens',
  summary: 'Gateway tokens, newest first; of one organization with `org`.',
  query: tokensQuerySchema,
  answer: tokensPageSchema,
  async handle({ query }, deps) {
    const limit = pageSize(query.limit, false)
    const position = readCursor('tokens', z.tuple([z.string()]), query.cursor)
    const found = await listTokens(deps.database, { org: query.org, before: position?.[0], limit: limit + 1 })
    const { rows, nextCursor } = pageFrom(found, limit, ({ id }) => writeCursor('tokens', [id]))
    return { items: rows.map((row) => showToken(row, deps.clock.now())), nextCursor }
  },
})

import { z } from 'zod'
import { OwnkeyError, tokenSchema } from '../../../contract/index.ts'
import { defineRoute } from '../../http/route.ts'
import { getToken } from '../../queries/tokens.ts'
import { showToken } from '../../show-token.ts'

export const getTokenRoute = defineRoute({
  name: 'tokens.get',
  method: 'GET',
  path: '/api/v1/tokens/:id',
  tag: 'Tokens',
  summary: 'One gateway token, without the token itself.',
  params: z.object({ id: z.string() }),
  answer: tokenSchema,
  async handle({ params }, deps) {
    const row = await getToken(deps.database, params.id)
    if (!row)
      throw new OwnkeyError('not_found', {
        detail: 'There is no such token.',
        facts: { absent: 'token' },
        fix: 'Use an id from GET /api/v1/tokens.',
      })
    return showToken(row, deps.clock.now())
  },
})

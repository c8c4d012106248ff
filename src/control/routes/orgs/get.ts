import { z } from 'zod'
import { orgSchema } from '../../../contract/index.ts'
import { defineRoute } from '../../http/route.ts'
import { requireOrg } from '../../require-org.ts'
import { showOrg } from '../../show-org.ts'

export const getOrg = defineRoute({
  name: 'orgs.get',
  method: 'GET',
  path: '/api/v1/orgs/:org',
  tag: 'Organizations',
  summary: 'One organization.',
  params: z.object({ org: z.string() }),
  answer: orgSchema,
  async handle({ params }, deps) {
    return showOrg(await requireOrg(deps, params.org), { inForce: deps.inForce(), now: deps.clock.now() })
  },
})

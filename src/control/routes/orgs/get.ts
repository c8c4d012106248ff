import { z } from 'zod'
import { OwnkeyError, orgSchema } from '../../../contract/index.ts'
import { getOrganization } from '../../../store/index.ts'
import { defineRoute } from '../../http/route.ts'
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
    const row = await getOrganization(deps.database, params.org)
    if (!row) throw new OwnkeyError('org_unknown')
    return showOrg(row, { inForce: deps.inForce(), now: deps.clock.now() })
  },
})

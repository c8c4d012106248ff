import { z } from 'zod'
import { deleteOrganizationWithProof } from '../../../audit/index.ts'
import { OwnkeyError } from '../../../contract/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'

export const deleteOrg = defineRoute({
  name: 'orgs.delete',
  method: 'DELETE',
  path: '/api/v1/orgs/:org',
  tag: 'Organizations',
  summary:
    'Delete an organization with everything that is held of it, requests and audit log included. `Location` names the record that proves it.',
  params: z.object({ org: z.string() }),
  async handle(call, deps) {
    const { org } = call.params
    const record = await deps.database.transaction((tx) =>
      deleteOrganizationWithProof(tx, deps, { org, by: actorOf(call) }),
    )
    if (!record) throw new OwnkeyError('org_unknown')
    deps.tenants.forgetDeleted(org)
    return { location: `/api/v1/deletions/${record.id}` }
  },
})

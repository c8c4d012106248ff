import { z } from 'zod'
import { appendAudit } from '../../../audit/index.ts'
import { OwnkeyError } from '../../../contract/index.ts'
import { deleteOrganization } from '../../../store/index.ts'
import { actorOf } from '../../actor.ts'
import { defineRoute } from '../../http/route.ts'

export const deleteOrg = defineRoute({
  name: 'orgs.delete',
  method: 'DELETE',
  path: '/api/v1/orgs/:org',
  tag: 'Organizations',
  summary: 'Remove an organization with its keys, tokens and sessions. Its requests and audit log stay.',
  params: z.object({ org: z.string() }),
  async handle(call, deps) {
    const { org } = call.params
    await deps.database.transaction(async (tx) => {
      if (!(await deleteOrganization(tx, org))) throw new OwnkeyError('org_unknown')
      await appendAudit(tx, deps, { org, ...actorOf(call), action: 'org.delete', target: org, detail: {} })
    })
    deps.tenants.forget(org)
    return undefined
  },
})

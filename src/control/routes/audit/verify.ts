import { verifyAudit } from '../../../audit/index.ts'
import { auditReportSchema, verifyAuditRequestSchema } from '../../../contract/index.ts'
import { defineRoute } from '../../http/route.ts'
import { requireProcess } from '../../require-process.ts'

export const verifyAuditRoute = defineRoute({
  name: 'audit.verify',
  method: 'POST',
  path: '/api/v1/audit/verify',
  tag: 'Operator',
  summary: 'Find edited, removed and cut-off rows of every audit log.',
  body: verifyAuditRequestSchema,
  // The kept heads of ten thousand logs take about a megabyte.
  bodyLimit: 32 * 1024 * 1024,
  answer: auditReportSchema,
  tellsProgress: true,
  handle(call, { database, keyring }) {
    requireProcess(call.body.process)
    const onChain = (rows: number) => call.tell({ rows })
    return verifyAudit({ database, keyring, kept: call.body.kept, onChain })
  },
})

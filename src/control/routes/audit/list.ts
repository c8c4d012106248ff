import { z } from 'zod'
import { listAudit } from '../../../audit/index.ts'
import {
  type AuditPage,
  type AuditRow,
  auditPageSchema,
  auditQuerySchema,
  OwnkeyError,
  orgIdSchema,
} from '../../../contract/index.ts'
import type { ControlDeps } from '../../deps.ts'
import { memberOf } from '../../http/caller.ts'
import type { CsvTable } from '../../http/csv.ts'
import { numberSchema, pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { readRange } from '../../http/range.ts'
import { type CsvAnswer, defineRoute } from '../../http/route.ts'
import { requireOrg } from '../../require-org.ts'

export const listAuditRoute = defineRoute({
  name: 'audit.list',
  method: 'GET',
  path: '/api/v1/orgs/:org/audit',
  tag: 'Books',
  summary: 'Who did what, when and from where, newest first.',
  params: z.object({ org: z.string() }),
  query: auditQuerySchema,
  answer: auditPageSchema,
  async handle(call, deps) {
    const { plan } = await requireOrg(deps, call.params.org)
    const { caller, query } = call
    // Where keys belong to users, each member manages their own keys, and may read only what they did themselves.
    const isOwn = caller.kind === 'member' && caller.role === 'member'
    const onlyOwn = isOwn && deps.inForce().policy.plans.get(plan)?.holder === 'user'
    if (onlyOwn && query.actor !== undefined && query.actor !== caller.id) throw new OwnkeyError('role_required')
    const reader = memberOf(caller)
    return auditPage(
      call.params.org,
      { ...call, reader, ...(onlyOwn && { query: { ...query, actor: caller.id } }) },
      deps,
    )
  },
})

export const listPlatformAudit = defineRoute({
  name: 'audit.platform',
  method: 'GET',
  path: '/api/v1/audit',
  tag: 'Operator',
  summary: 'The platform’s own trail, or with `org` an organization’s.',
  query: auditQuerySchema.extend({ org: orgIdSchema.optional() }),
  answer: auditPageSchema,
  handle: (call, deps) => auditPage(call.query.org ?? '', call, deps),
})

interface AuditCall {
  query: z.output<typeof auditQuerySchema>
  csv: boolean
  /** The member who reads it; undefined: the operator. */
  reader?: string | undefined
}

/** One page of a chain; the platform's own is that of the empty id. */
async function auditPage(
  org: string,
  { query, csv, reader }: AuditCall,
  deps: ControlDeps,
): Promise<AuditPage | CsvAnswer> {
  const limit = pageSize(query.limit, csv)
  const position = readCursor('audit', z.tuple([numberSchema]), query.cursor)
  const range = query.from || query.to ? readRange(query, deps.clock.now()) : undefined
  const search = { cursor: position?.[0], action: query.action, actor: query.actor, ...range, limit: limit + 1 }
  const found = await listAudit(deps.database, org, search)
  const page = pageFrom(found, limit, ({ seq }) => writeCursor('audit', [seq]))
  const { nextCursor } = page
  const rows = reader === undefined ? page.rows : page.rows.map((row) => withoutOthersHints(row, reader))
  return csv ? { csv: auditTable(rows), nextCursor } : { items: [...rows], nextCursor }
}

/** The last characters of a user's own key are that user's alone: whoever reads the whole trail sees what was done, without them. */
function withoutOthersHints(row: AuditRow, reader: string): AuditRow {
  const { hint: _hint, hintBefore: _hintBefore, ...detail } = row.detail
  return detail['holder'] === 'user' && detail['user'] !== reader ? { ...row, detail } : row
}

export function auditTable(items: readonly AuditRow[]): CsvTable {
  return {
    header: ['seq', 'at', 'actorKind', 'actor', 'actorName', 'ip', 'action', 'target', 'detail'],
    rows: items.map(({ seq, at, actor, ip, action, target, detail }) => [
      seq,
      at,
      actor.kind,
      actor.id,
      actor.name,
      ip,
      action,
      target,
      JSON.stringify(detail),
    ]),
  }
}

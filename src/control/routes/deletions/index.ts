/** What is left of deleted organizations: the operator's proof of what was deleted. */
import { z } from 'zod'
import { proveDeletion } from '../../../audit/index.ts'
import {
  type Deletion,
  deletionSchema,
  deletionsPageSchema,
  deletionsQuerySchema,
  OwnkeyError,
} from '../../../contract/index.ts'
import { type DeletionRow, getDeletion, listDeletions } from '../../../store/index.ts'
import type { ControlDeps } from '../../deps.ts'
import { pageFrom, pageSize, readCursor, writeCursor } from '../../http/cursor.ts'
import { defineRoute } from '../../http/route.ts'

const getDeletionRoute = defineRoute({
  name: 'deletions.get',
  method: 'GET',
  path: '/api/v1/deletions/:deletion',
  tag: 'Organizations',
  summary: 'The record of a deletion: rows by table, the end of the audit log, and a MAC over it all.',
  params: z.object({ deletion: z.string().max(64) }),
  answer: deletionSchema,
  async handle({ params }, deps) {
    const row = await getDeletion(deps.database, params.deletion)
    if (!row)
      throw new OwnkeyError('not_found', { detail: 'There is no such deletion.', facts: { absent: 'deletion' } })
    return showDeletion(row, deps)
  },
})

const listDeletionsRoute = defineRoute({
  name: 'deletions.list',
  method: 'GET',
  path: '/api/v1/deletions',
  tag: 'Organizations',
  summary: 'Deletions of organizations, newest first.',
  query: deletionsQuerySchema,
  answer: deletionsPageSchema,
  async handle({ query }, deps) {
    const limit = pageSize(query.limit, false)
    const position = readCursor('deletions', z.tuple([z.string()]), query.cursor)
    const found = await listDeletions(deps.database, { org: query.org, before: position?.[0], limit: limit + 1 })
    const { rows, nextCursor } = pageFrom(found, limit, ({ id }) => writeCursor('deletions', [id]))
    return { items: await Promise.all(rows.map((row) => showDeletion(row, deps))), nextCursor }
  },
})

async function showDeletion(row: DeletionRow, { database, keyring }: ControlDeps): Promise<Deletion> {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return {
    id: row.id,
    org: row.org,
    deletedAt: row.deleted_at.toISOString(),
    deletedBy: row.deleted_by,
    counts: row.counts,
    auditHead: { seq: row.audit_seq, mac: hex(row.audit_mac) },
    mac: hex(row.mac),
    intact: await proveDeletion(database, { keyring }, row),
  }
}

export const deletionRoutes = [getDeletionRoute, listDeletionsRoute]

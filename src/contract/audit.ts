import { z } from 'zod'
import { timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

export const auditRowSchema = z
  .object({
    seq: wholeSchema,
    at: timeSchema,
    actor: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }),
    ip: z.string().nullable(),
    /** `key.set`, `key.replace`, `key.clear`, `key.scope`, `key.test`, … */
    action: z.string(),
    target: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditRow' })
export type AuditRow = z.output<typeof auditRowSchema>

export const auditQuerySchema = z.strictObject({
  ...cursorQuery,
  action: z.string().max(100).optional(),
  actor: z.string().max(255).optional(),
  from: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
  to: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).optional(),
})
export const auditPageSchema = pageOf(auditRowSchema).meta({ id: 'AuditPage' })
export type AuditPage = z.output<typeof auditPageSchema>

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

/** The operator's search over all organizations; `org` empty is the platform's own trail. */
export const auditSearchSchema = auditQuerySchema.extend({ org: z.string().max(128).optional() })
export const auditSearchPageSchema = pageOf(
  auditRowSchema.extend({ org: z.string(), orgName: z.string().nullable() }),
).meta({ id: 'AuditSearchPage' })
export type AuditSearchPage = z.output<typeof auditSearchPageSchema>

import { z } from 'zod'
import { timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

/** Everything that the audit log can tell of. Pages have words for each. */
export const auditActions = [
  'key.set',
  'key.replace',
  'key.update',
  'key.test',
  'key.reject',
  'key.enable',
  'key.disable',
  'key.clear',
  'key.revoke',
  'key.restore',
  'provider.activate',
  'org.create',
  'org.update',
  'org.delete',
  'org.export',
  'credits.grant',
  'session.create',
  'session.end',
  'session.revoke',
  'token.create',
  'token.revoke',
  'platform_key.test',
  'webhooks.replay',
  'master_key.rotate',
  'database.accept',
] as const
export type AuditAction = (typeof auditActions)[number]

/** What an entry's `detail` can name, and the fields whose changes stand under `changes`. Pages have words for each. */
export const auditFacts = [
  'provider',
  'environment',
  'holder',
  'user',
  'version',
  'hint',
  'hintBefore',
  'origin',
  'restored',
  'status',
  'saved',
  'name',
  'plan',
  'addOns',
  'byokEnabled',
  'amount',
  'reason',
  'balance',
  'role',
  'kind',
  'via',
  'email',
  'counts',
  'count',
  'rewrapped',
  'unreadable',
  'lost',
  'cameBack',
  'asIs',
  'sessions',
  'model',
  'scope',
  'fallback',
  'label',
  'owner',
  'rotate_by',
  'base_url',
  'region',
] as const
export type AuditFact = (typeof auditFacts)[number]

export const actorSchema = z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() })

export const auditRowSchema = z
  .object({
    seq: wholeSchema,
    at: timeSchema,
    actor: actorSchema,
    ip: z.string().nullable(),
    /** One of `auditActions`; older rows can hold others. */
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

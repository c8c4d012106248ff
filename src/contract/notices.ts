import { z } from 'zod'
import { timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

/** Something that needs someone. It closes by itself when its cause is gone. */
export const noticeSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    /** The public id of the provider. */
    provider: z.string().nullable(),
    keyId: z.string().nullable(),
    title: z.string(),
    detail: z.string(),
    fix: z.string(),
    facts: z.record(z.string(), z.unknown()),
    count: wholeSchema,
    openedAt: timeSchema,
    lastAt: timeSchema,
    resolvedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Notice' })
export type Notice = z.output<typeof noticeSchema>

export const noticesQuerySchema = z.strictObject({
  ...cursorQuery,
  state: z.enum(['open', 'resolved', 'all']).default('open'),
})
export const noticesPageSchema = pageOf(noticeSchema).meta({ id: 'NoticesPage' })
export type NoticesPage = z.output<typeof noticesPageSchema>

import { z } from 'zod'
import { timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

/** What is left of a deleted organization: the proof that it was deleted, and what. */
export const deletionSchema = z
  .object({
    id: z.string(),
    org: z.string(),
    deletedAt: timeSchema,
    deletedBy: z.string(),
    /** Rows by table. */
    counts: z.record(z.string(), wholeSchema),
    /** Where the organization's audit log ended: the last row's number and MAC, in hexadecimal. */
    auditHead: z.object({ seq: wholeSchema, mac: z.string() }),
    /** HMAC-SHA256 over all of the above under the audit log's key, in hexadecimal. */
    mac: z.string(),
    /** Whether the MAC fits, checked just now. */
    intact: z.boolean(),
  })
  .meta({ id: 'Deletion' })
export type Deletion = z.output<typeof deletionSchema>

export const deletionsQuerySchema = z.strictObject({ ...cursorQuery, org: z.string().max(255).optional() })
export const deletionsPageSchema = pageOf(deletionSchema).meta({ id: 'DeletionsPage' })
export type DeletionsPage = z.output<typeof deletionsPageSchema>

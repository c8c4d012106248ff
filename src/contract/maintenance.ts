import { z } from 'zod'
import { wholeSchema } from './fields.ts'

/** A command asks the server that holds the database; another one must not answer for it. */
const meant = {
  process: z.int().min(1).optional().describe('The server’s process id; another server answers 409.'),
}

export const auditHeadSchema = z.object({
  org: z.string().max(128),
  seq: wholeSchema,
  /** Hexadecimal. */
  mac: z.string().max(128),
})

export const verifyAuditRequestSchema = z.strictObject({
  ...meant,
  kept: z
    .array(auditHeadSchema)
    .optional()
    .describe('`heads` of an earlier report: shows a database that was put back.'),
})

export const auditReportSchema = z
  .object({
    intact: z.boolean(),
    organizations: wholeSchema,
    rows: wholeSchema,
    /** The first thousand. */
    findings: z.array(
      z.object({ org: z.string(), kind: z.string(), seq: wholeSchema.optional(), sentence: z.string() }),
    ),
    /** Where each log ends. To be kept outside the database, and given as `kept` to a later check. */
    heads: z.array(auditHeadSchema),
  })
  .meta({ id: 'AuditReport' })

export const rotateMasterKeyRequestSchema = z.strictObject({
  ...meant,
  activeKey: z
    .string()
    .max(32)
    .optional()
    .describe('The id of the master key that is meant; a server whose active one is another answers 409.'),
})

export const rotationReportSchema = z
  .object({
    /** The master key that wraps everything readable now. */
    activeKey: z.string(),
    /** Keys that this run wrapped anew. */
    rewrapped: wholeSchema,
    /** Keys that could not be opened and were left as they are, by master key. */
    unreadable: z.record(z.string(), wholeSchema),
  })
  .meta({ id: 'RotationReport' })

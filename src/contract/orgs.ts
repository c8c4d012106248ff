import { z } from 'zod'
import { configIdSchema, fieldForms, lineSchema, localeSchema, timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

export const putOrgSchema = z
  .strictObject({
    name: lineSchema,
    plan: configIdSchema,
    addOns: z.array(configIdSchema).max(100).optional(),
    byokEnabled: z.boolean().nullable().optional(),
    locale: localeSchema.nullable().optional(),
  })
  .meta({ id: 'PutOrg' })
export type PutOrg = z.input<typeof putOrgSchema>

export const orgSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    plan: z.string(),
    addOns: z.array(z.string()),
    /** What the operator set; null: never set. */
    byokEnabled: z.boolean().nullable(),
    /** What comes out of the plan and the operator's setting. */
    byok: z.boolean(),
    locale: z.string().nullable(),
    activeProvider: z.string().nullable(),
    balance: wholeSchema,
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: 'Org' })
export type Org = z.output<typeof orgSchema>

export const orgsQuerySchema = z.strictObject({
  ...cursorQuery,
  search: z.string().max(200).optional().describe('Part of the id or the name.'),
  plan: configIdSchema.optional(),
  failing: z.literal('true').optional().describe('Only those with own keys in use that do not work now.'),
})
export const orgsPageSchema = pageOf(
  orgSchema.extend({ keys: wholeSchema, failingKeys: wholeSchema, notices: wholeSchema }),
).meta({ id: 'OrgsPage' })
export type OrgsPage = z.output<typeof orgsPageSchema>

export const grantCreditsSchema = z
  .strictObject({
    amount: z
      .int()
      .min(-1_000_000_000_000)
      .max(1_000_000_000_000)
      .refine((amount) => amount !== 0, fieldForms.notZero)
      .meta({ not: { const: 0 } }),
    reason: lineSchema,
    idempotencyKey: z.string().min(1).max(200),
  })
  .meta({ id: 'GrantCredits' })
export type GrantCredits = z.input<typeof grantCreditsSchema>

export const balanceSchema = z.object({ balance: wholeSchema }).meta({ id: 'Balance' })
export type Balance = z.output<typeof balanceSchema>

import { z } from 'zod'
import { configIdSchema, durationSchema, environmentSchema, orgIdSchema, timeSchema, userIdSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

export const createTokenSchema = z
  .strictObject({
    kind: z.enum(['service', 'access']),
    org: orgIdSchema.optional(),
    user: userIdSchema.optional(),
    feature: configIdSchema.optional(),
    environment: environmentSchema.optional(),
    expiresIn: durationSchema(10 * 366 * 86_400)
      .optional()
      .describe('Seconds, or a text such as "15m", "1h" or "7d".'),
  })
  .meta({ id: 'CreateToken' })
export type CreateToken = z.input<typeof createTokenSchema>

export const tokenSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['service', 'access']),
    org: z.string().nullable(),
    user: z.string().nullable(),
    feature: z.string().nullable(),
    environment: z.string().nullable(),
    state: z.enum(['active', 'expired', 'revoked']),
    createdAt: timeSchema,
    createdBy: z.string(),
    expiresAt: timeSchema.nullable(),
    revokedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Token' })
export type Token = z.output<typeof tokenSchema>

/** `token` is in this answer only; afterwards nobody has it but its owner. */
export const createdTokenSchema = tokenSchema.extend({ token: z.string() }).meta({ id: 'CreatedToken' })
export type CreatedToken = z.output<typeof createdTokenSchema>

export const tokensQuerySchema = z.strictObject({ ...cursorQuery, org: orgIdSchema.optional() })
export const tokensPageSchema = pageOf(tokenSchema).meta({ id: 'TokensPage' })
export type TokensPage = z.output<typeof tokensPageSchema>

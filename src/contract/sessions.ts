import { z } from 'zod'
import { durationSchema, lineSchema, localeSchema, orgIdSchema, timeSchema, userIdSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'
import { roles } from './words.ts'

export const createSessionSchema = z
  .strictObject({
    org: orgIdSchema,
    user: z.strictObject({ id: userIdSchema, name: lineSchema.optional(), role: z.enum(roles) }),
    locale: localeSchema.optional(),
    expiresIn: durationSchema(30 * 86_400)
      .optional()
      .describe('Seconds, or a text such as "15m" or "1h"; default 3600.'),
  })
  .meta({ id: 'CreateSession' })
export type CreateSession = z.input<typeof createSessionSchema>

/** `url` opens the settings page once, within five minutes; `token` is for the widget and the API. */
export const createdSessionSchema = z
  .object({ id: z.string(), token: z.string(), url: z.string(), expiresAt: timeSchema })
  .meta({ id: 'CreatedSession' })
export type CreatedSession = z.output<typeof createdSessionSchema>

/** Who the caller is. An operator has no organization and every right. */
export const sessionSchema = z
  .object({
    /** Null for the operator's own token, which is no session. */
    id: z.string().nullable(),
    kind: z.enum(['member', 'operator']),
    org: z.string().nullable(),
    user: z.object({ id: z.string(), name: z.string().nullable(), role: z.enum([...roles, 'operator']) }),
    locale: z.string().nullable(),
    expiresAt: timeSchema.nullable(),
  })
  .meta({ id: 'Session' })
export type Session = z.output<typeof sessionSchema>

export const exchangeSchema = z.strictObject({ code: z.string().min(1).max(200) }).meta({ id: 'Exchange' })
export type Exchange = z.input<typeof exchangeSchema>

/** The page's own token, made when the code of the link is used, which works once. */
export const exchangedSessionSchema = sessionSchema.extend({ token: z.string() }).meta({ id: 'ExchangedSession' })
export type ExchangedSession = z.output<typeof exchangedSessionSchema>

export const sessionsQuerySchema = z.strictObject({
  ...cursorQuery,
  org: orgIdSchema.optional(),
  kind: z.enum(['member', 'operator']).optional(),
})
/** Sessions that can be used now, newest first. One that a sign-in link opened ends with the one that the link belongs to. */
export const sessionsPageSchema = pageOf(
  sessionSchema.extend({
    id: z.string(),
    createdAt: timeSchema,
    /** The session whose link opened this one; null: opened by the API. */
    parent: z.string().nullable(),
    /** The caller's own. */
    current: z.boolean(),
  }),
).meta({ id: 'SessionsPage' })
export type SessionsPage = z.output<typeof sessionsPageSchema>

import { z } from 'zod'
import { timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'

/** What can need someone, and what it means. Pages have words for each. */
export const noticeKinds = {
  fallback_active: 'The platform’s AI stands in for an own key that fails.',
  key_failing: 'An own key fails, and nothing stands in for it.',
  rotation_due: 'A key is to be replaced soon: one notice for each reminder.',
  rotation_overdue: 'A key is past the day on which it was to be replaced.',
  quota_near: 'Most of a quota is used.',
  quota_reached: 'A quota is used up.',
  cap_near: 'Most of a spend cap is spent.',
  cap_reached: 'A spend cap is reached, and requests are refused.',
  credits_low: 'Credits are running low.',
  unpriced: 'Requests of this month have no known price, so that spend caps do not count them.',
  currency_uncounted: 'Spending in a currency without an exchange rate counts toward no spend cap.',
} as const
export type NoticeKind = keyof typeof noticeKinds

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

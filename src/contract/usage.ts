import { z } from 'zod'
import { configIdSchema, environmentSchema, fieldForms, orgIdSchema, timeSchema, wholeSchema } from './fields.ts'
import { cursorQuery, pageOf } from './page.ts'
import { errorClasses } from './words.ts'

export const usageGroups = [
  'day',
  'hour',
  'month',
  'feature',
  'provider',
  'model',
  'surface',
  'keySource',
  'user',
  'environment',
  'errorClass',
] as const
export type UsageGroup = (typeof usageGroups)[number]

const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], { error: fieldForms.moment })
const range = {
  from: moment.optional().describe('From here on; default 30 days ago.'),
  to: moment.optional().describe('Before this; default now. A date means the whole day.'),
}
const filters = {
  feature: configIdSchema.optional(),
  provider: configIdSchema.optional(),
  environment: environmentSchema.optional(),
  keySource: z.enum(['organization', 'user', 'platform']).optional(),
}

export const usageQuerySchema = z.strictObject({
  ...cursorQuery,
  limit: z.coerce.number().int().min(1).max(5_000).default(5_000).describe('Rows at most.'),
  ...range,
  ...filters,
  groupBy: z
    .string()
    .max(100)
    .default('day')
    .describe(
      `One or two of ${usageGroups.join(', ')}, separated by a comma. Whole hours are summed; where users are told apart, whole days (UTC).`,
    ),
})

const counts = {
  requests: wholeSchema.describe(
    'A request that fell back counts once, or once for each key where the rows tell apart whose key it was.',
  ),
  attempts: wholeSchema.describe(
    'At providers; a request that fell back made two. Each succeeded, failed or is unanswered.',
  ),
  succeeded: wholeSchema,
  failed: wholeSchema,
  /** Neither: the caller left before the answer, or the process that served it died. */
  unanswered: wholeSchema,
  /** Requests that the platform's key served after an own key failed. */
  fallbacks: wholeSchema,
  inputTokens: wholeSchema,
  outputTokens: wholeSchema,
  cacheReadTokens: wholeSchema,
  cacheWriteTokens: wholeSchema,
  reasoningTokens: wholeSchema,
  characters: wholeSchema,
  audioSeconds: z.number().min(0),
  credits: wholeSchema,
  /** What the provider bills, by currency: decimal numbers as text. */
  costs: z.array(z.object({ currency: z.string(), amount: z.string() })),
  /** Attempts whose price is not known; they are not in `costs`. What the provider does not bill costs 0 and is none of them. */
  unpriced: wholeSchema,
}

export const usageRowSchema = z.object({
  /** Group → value; null: the entry has none (`day` as `YYYY-MM-DD`, `hour` as ISO time). */
  group: z.partialRecord(z.enum(usageGroups), z.string().nullable()),
  ...counts,
})
export type UsageRow = z.output<typeof usageRowSchema>

export const usageSchema = z
  .object({
    from: timeSchema,
    to: timeSchema,
    groupBy: z.array(z.enum(usageGroups)),
    rows: z.array(usageRowSchema),
    /** Of all rows, those of other pages too. */
    total: z.object(counts),
    /** Opaque; null on the last page. */
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'Usage' })
export type UsageReport = z.output<typeof usageSchema>

/** One attempt at a provider: metadata only, never a prompt or an answer. */
export const requestSchema = z
  .object({
    id: z.string(),
    requestId: z.string(),
    attempt: wholeSchema,
    startedAt: timeSchema,
    state: z.enum(['reserved', 'settled', 'released']),
    user: z.string().nullable(),
    feature: z.string().nullable(),
    environment: z.string(),
    provider: z.string(),
    model: z.string().nullable(),
    surface: z.string(),
    keySource: z.enum(['organization', 'user', 'platform']),
    host: z.string(),
    region: z.string().nullable(),
    status: z.int().nullable(),
    errorClass: z.enum(errorClasses).nullable(),
    /** The failure of the attempt before this one. */
    fallbackClass: z.enum(errorClasses).nullable(),
    inputTokens: wholeSchema.nullable(),
    outputTokens: wholeSchema.nullable(),
    cacheReadTokens: wholeSchema.nullable(),
    cacheWriteTokens: wholeSchema.nullable(),
    reasoningTokens: wholeSchema.nullable(),
    characters: wholeSchema.nullable(),
    audioSeconds: z.number().min(0).nullable(),
    estimated: z.boolean(),
    credits: wholeSchema,
    meter: z.string().nullable(),
    cost: z.object({ currency: z.string(), amount: z.string() }).nullable(),
    firstByteMs: wholeSchema.nullable(),
    durationMs: wholeSchema.nullable(),
  })
  .meta({ id: 'Request' })
export type RequestRow = z.output<typeof requestSchema>

export const requestsQuerySchema = z.strictObject({
  ...cursorQuery,
  ...range,
  ...filters,
  outcome: z.enum(['succeeded', 'failed', 'fallback']).optional(),
  requestId: z.string().max(200).optional(),
})
export const requestsPageSchema = pageOf(requestSchema).meta({ id: 'RequestsPage' })
export type RequestsPage = z.output<typeof requestsPageSchema>

/** The operator's view over all organizations. */
export const allRequestsQuerySchema = requestsQuerySchema.extend({ org: orgIdSchema.optional() })
export const allRequestsPageSchema = pageOf(
  requestSchema.extend({ org: z.string(), orgName: z.string().nullable() }),
).meta({ id: 'AllRequestsPage' })
export type AllRequestsPage = z.output<typeof allRequestsPageSchema>

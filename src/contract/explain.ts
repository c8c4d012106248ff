import { z } from 'zod'
import { configIdSchema, environmentSchema, timeSchema, userIdSchema, wholeSchema } from './fields.ts'
import { errorClasses } from './words.ts'

const sources = z.enum(['organization', 'user', 'platform'])

export const explainRequestSchema = z
  .strictObject({
    feature: configIdSchema.optional().describe('Required where the configuration has features.'),
    provider: configIdSchema.optional(),
    model: z.string().min(1).max(200).optional(),
    user: userIdSchema.optional(),
    environment: environmentSchema.optional(),
    path: z
      .string()
      .regex(/^\/[\x21-\x7e]*$/, 'a path such as /v1/chat/completions')
      .max(2_000)
      .optional()
      .describe(
        'Where the request will be POSTed to, such as /v1/chat/completions or /openai/v1/responses: who serves may depend on it.',
      ),
    /** Adds `allowed`, `keySource`, `creditsLeft`, `quotasLeft` and `capsLeft`: what would happen if the request came now. */
    preflight: z.boolean().optional(),
  })
  .meta({ id: 'ExplainRequest' })
export type ExplainRequest = z.input<typeof explainRequestSchema>

export const attemptSchema = z.object({
  source: sources,
  /** The public id of the provider. */
  provider: z.string(),
  providerName: z.string(),
  model: z.string().nullable(),
  host: z.string(),
  region: z.string().nullable(),
  /** What a success costs. */
  credits: wholeSchema,
  /** The quota that a success counts toward; null: none. */
  meter: z.string().nullable(),
  /** Failures after which the next attempt is made. */
  fallbackOn: z.array(z.enum(errorClasses)),
  reason: z.string(),
})
export type ExplainedAttempt = z.output<typeof attemptSchema>

/** What a sentence names, for pages that say it in another language. */
const sentenceFacts = z.record(z.string(), z.union([z.string(), z.number()]))

export const skippedSchema = z.object({
  source: sources,
  provider: z.string(),
  code: z.string(),
  reason: z.string(),
  facts: sentenceFacts.optional(),
})
export type ExplainedSkip = z.output<typeof skippedSchema>

export const refusalSchema = z.object({
  code: z.string(),
  reason: z.string(),
  fix: z.string(),
  facts: sentenceFacts.optional(),
  /** When a quota, a spend cap or the month's credits begin anew; absent: waiting does not help. */
  resetsAt: timeSchema.optional(),
})
export type ExplainedRefusal = z.output<typeof refusalSchema>

const amount = z.string().describe('A decimal number of whole units of the currency.')

/** One spend cap that counts an attempt of the decision. */
export const capLeftSchema = z.object({
  scope: z.enum(['organization', 'key', 'feature', 'key_and_feature', 'fallback']),
  per: z.enum(['day', 'month']),
  currency: z.string(),
  limit: amount,
  spent: amount,
  left: amount,
  resetsAt: timeSchema,
  /** Only spending on these features counts; absent: all. */
  features: z.array(z.string()).optional(),
  /** Whose attempts it counts. */
  keySources: z.array(sources),
  /** Spent in currencies without an exchange rate in the configuration: not in `spent`. */
  uncounted: z.array(z.object({ currency: z.string(), amount })).optional(),
})
export type CapLeft = z.output<typeof capLeftSchema>

export const decisionSchema = z
  .object({
    attempts: z.array(attemptSchema),
    refusal: refusalSchema.optional(),
    skipped: z.array(skippedSchema),
    allowed: z.boolean().optional(),
    /** Whose key serves first; null when refused. */
    keySource: sources.nullable().optional(),
    creditsLeft: wholeSchema.optional(),
    /** Meter → what is left in this period. */
    quotasLeft: z.record(z.string(), wholeSchema).optional(),
    /** What is left under each spend cap that counts an attempt, the tightest first. */
    capsLeft: z.array(capLeftSchema).optional(),
  })
  .meta({ id: 'Decision' })
export type ExplainedDecision = z.output<typeof decisionSchema>

import { z } from 'zod'
import { configIdSchema, userIdSchema, wholeSchema } from './fields.ts'
import { errorClasses } from './words.ts'

const sources = z.enum(['organization', 'user', 'platform'])

export const explainRequestSchema = z
  .strictObject({
    feature: configIdSchema.optional(),
    provider: configIdSchema.optional(),
    model: z.string().min(1).max(200).optional(),
    user: userIdSchema.optional(),
    environment: configIdSchema.optional(),
    /** Adds `allowed`, `keySource`, `creditsLeft` and `quotasLeft`: what would happen if the request came now. */
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

export const skippedSchema = z.object({ source: sources, provider: z.string(), code: z.string(), reason: z.string() })
export type ExplainedSkip = z.output<typeof skippedSchema>

export const refusalSchema = z.object({ code: z.string(), reason: z.string(), fix: z.string() })
export type ExplainedRefusal = z.output<typeof refusalSchema>

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
  })
  .meta({ id: 'Decision' })
export type ExplainedDecision = z.output<typeof decisionSchema>

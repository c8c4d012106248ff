import { z } from 'zod'
import { configIdSchema, environmentSchema, lineSchema, wholeSchema } from './fields.ts'

/** A one-line real generation through the gateway, as the product would send it. It counts and costs like any other. */
export const tryOutRequestSchema = z
  .strictObject({
    feature: configIdSchema,
    provider: configIdSchema.optional().describe('Default: the one that the decision picks.'),
    environment: environmentSchema.optional(),
    prompt: lineSchema.optional(),
  })
  .meta({ id: 'TryOutRequest' })
export type TryOutRequest = z.input<typeof tryOutRequestSchema>

export const tryOutSchema = z
  .object({
    ok: z.boolean(),
    status: z.int(),
    /** The provider's answer; null when it failed. */
    text: z.string().nullable(),
    keySource: z.enum(['organization', 'user', 'platform']).nullable(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    /** The own key's failure, when the platform's key served. */
    fallback: z.string().nullable(),
    error: z
      .object({
        code: z.string(),
        detail: z.string(),
        /** For an error of ours: what its sentences name. */
        facts: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      })
      .nullable(),
    latencyMs: wholeSchema,
    requestId: z.string().nullable(),
  })
  .meta({ id: 'TryOut' })
export type TryOut = z.output<typeof tryOutSchema>

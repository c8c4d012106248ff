import { z } from 'zod'
import { timeSchema, wholeSchema } from './fields.ts'
import { errorClasses, keyStatuses } from './words.ts'

export const healthQuerySchema = z.strictObject({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 31)
    .default(24)
    .describe('How far to look back, from the beginning of an hour.'),
})

const sources = z.enum(['organization', 'user', 'platform'])
const amounts = z.array(z.object({ currency: z.string(), amount: z.string() }))

/** Milliseconds: half of the requests took at most p50, 19 of 20 at most p95; null: none was measured. */
const latency = z.object({ p50: wholeSchema, p95: wholeSchema }).nullable()

export const healthSchema = z
  .object({
    from: timeSchema,
    to: timeSchema,
    requests: wholeSchema,
    /** A request that fell back made two. `failed` counts attempts. */
    attempts: wholeSchema,
    failed: wholeSchema,
    /** Requests that the platform's key served after an own key failed, and what they cost the platform. */
    fallbacks: z.object({ requests: wholeSchema, credits: wholeSchema, costs: amounts, unpriced: wholeSchema }),
    /** By provider and whose key, most requests first. */
    providers: z.array(
      z.object({
        provider: z.string(),
        name: z.string(),
        keySource: sources,
        requests: wholeSchema,
        failed: wholeSchema,
        fallbacks: wholeSchema,
        firstByte: latency,
        duration: latency,
      }),
    ),
    /** Latencies are those of so many latest requests. */
    measured: wholeSchema,
    errors: z.array(z.object({ errorClass: z.enum(errorClasses), keySource: sources, requests: wholeSchema })),
    /** Own keys in use that do not work now, latest change first; at most 200. */
    failingKeys: z.array(
      z.object({
        org: z.string(),
        orgName: z.string(),
        user: z.string().nullable(),
        provider: z.string(),
        name: z.string(),
        environment: z.string(),
        hint: z.string(),
        status: z.enum(keyStatuses),
        statusClass: z.enum(errorClasses).nullable(),
        reason: z.string().nullable(),
        since: timeSchema,
        lastUsedAt: timeSchema.nullable(),
      }),
    ),
    /** So many fail besides those; `GET /api/v1/orgs?failing=true` leads to all. */
    moreFailingKeys: wholeSchema,
    /** The ten with the most requests. */
    organizations: z.array(
      z.object({
        org: z.string(),
        name: z.string().nullable(),
        requests: wholeSchema,
        attempts: wholeSchema,
        failed: wholeSchema,
        fallbacks: wholeSchema,
        credits: wholeSchema,
      }),
    ),
  })
  .meta({ id: 'Health' })
export type Health = z.output<typeof healthSchema>

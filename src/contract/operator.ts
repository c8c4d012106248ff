import { z } from 'zod'
import { wholeSchema } from './fields.ts'

/** The configuration in force, defaults filled in, secrets shown as `[secret]`, and what the operator should look at. */
export const configInForceSchema = z
  .object({
    config: z.record(z.string(), z.unknown()),
    warnings: z.array(z.string()),
    /** The same, in the same order, as codes with facts, for pages in other languages. */
    warned: z.array(z.object({ place: z.string(), code: z.string(), facts: z.record(z.string(), z.string()) })),
    version: z.string(),
    sandbox: z.boolean(),
  })
  .meta({ id: 'ConfigInForce' })
export type ConfigInForce = z.output<typeof configInForceSchema>

/** One provider on the platform's side: whether its key is there and how it did lately. */
export const platformKeySchema = z.object({
  provider: z.string(),
  name: z.string(),
  /** From the configuration's `platformKey`. */
  configured: z.boolean(),
  host: z.string().nullable(),
  /** Over the last 24 hours. */
  requests: wholeSchema,
  failed: wholeSchema,
  fallbacks: wholeSchema,
  lastErrorClass: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
})
export type PlatformKey = z.output<typeof platformKeySchema>

export const platformKeysSchema = z.object({ items: z.array(platformKeySchema) }).meta({ id: 'PlatformKeys' })
export type PlatformKeys = z.output<typeof platformKeysSchema>

import { z } from 'zod'
import { decisionSchema } from './explain.ts'
import { configIdSchema, environmentSchema, timeSchema, userIdSchema, wholeSchema } from './fields.ts'
import { maskedKeySchema } from './keys.ts'
import { noticeSchema } from './notices.ts'
import { byokCodes } from './sentences.ts'
import { capabilities, errorClasses, holders, providerPolicies, roles } from './words.ts'

export const settingsQuerySchema = z.strictObject({
  environment: environmentSchema.optional().describe('Which environment’s decisions are shown; default `production`.'),
  user: userIdSchema.optional().describe('The operator may look as this user, where keys belong to users.'),
})

export const settingsModelSchema = z.object({
  id: z.string(),
  hint: z.string().nullable(),
  recommended: z.boolean(),
  capabilities: z.array(z.enum(capabilities)),
  /** Why it may not be chosen; absent: it may. */
  refused: z.string().optional(),
  /** `refused`, else `hint`, as a code, for pages in other languages; absent where it is the configuration's own words. */
  code: z.string().optional(),
})
export type SettingsModel = z.output<typeof settingsModelSchema>

/** What one feature does on one provider, now, in words. */
export const servedSchema = z.object({
  feature: z.string(),
  /** Whose key serves first; null: refused. */
  source: z.enum(['organization', 'user', 'platform']).nullable(),
  /** True when the platform's key stands behind an own key. */
  fallback: z.boolean(),
  host: z.string().nullable(),
  region: z.string().nullable(),
  model: z.string().nullable(),
  /** The refusal's or the first skipped own key's code (`scope`, `no_key`, …); null when an own key serves. */
  code: z.string().nullable(),
  reason: z.string(),
})
export type Served = z.output<typeof servedSchema>

export const settingsProviderSchema = z.object({
  /** The public id (the configuration's `as`, else the catalogue's id). */
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  policy: z.enum(providerPolicies),
  comingSoon: z.boolean(),
  capabilities: z.array(z.enum(capabilities)),
  models: z.array(settingsModelSchema),
  /** Models that match are refused, with this reason. */
  refusedModels: z.array(z.object({ match: z.string(), reason: z.string() })),
  /** True: a model outside `models` may be typed in. */
  otherModels: z.boolean(),
  defaultModel: z.string().nullable(),
  /** This caller's keys, at most one per environment. */
  keys: z.array(maskedKeySchema),
  /** Where a key is made, and what it must be allowed to do. */
  keyPage: z.string(),
  keyNeeds: z.array(z.string()),
  /** The same, in the same order, as codes, for pages in other languages. */
  keyNeedCodes: z.array(z.string()),
  /** What a key looks like: `sk-ant-…`; null when keys have no public prefix. */
  keyExample: z.string().nullable(),
  regions: z.array(z.object({ id: z.string(), host: z.string(), allowed: z.boolean() })),
  /** The host without a region or base URL; null where the customer must give one. */
  host: z.string().nullable(),
  /** Whether the plan lets data go there. */
  hostAllowed: z.boolean(),
  needsBaseUrl: z.boolean(),
  allowsBaseUrl: z.boolean(),
  platformKey: z.boolean(),
  /** Where the plan's choice is single: this one serves. */
  active: z.boolean(),
  /** Ids of the features that a key of this provider can serve. */
  affects: z.array(z.string()),
  serves: z.array(servedSchema),
})
export type SettingsProvider = z.output<typeof settingsProviderSchema>

export const settingsFeatureSchema = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  capability: z.enum(capabilities),
  addOn: z.string().nullable(),
  /** False: the plan does not have it, or the add-on is missing. */
  included: z.boolean(),
  providers: z.array(z.string()),
  meter: z.string().nullable(),
  decision: decisionSchema,
})
export type SettingsFeature = z.output<typeof settingsFeatureSchema>

export const settingsQuotaSchema = z.object({
  meter: z.string(),
  title: z.string(),
  used: wholeSchema,
  limit: wholeSchema,
  per: z.enum(['day', 'month']),
  resetsAt: timeSchema,
  ownKeyExempt: z.boolean(),
  features: z.array(z.string()),
})
export type SettingsQuota = z.output<typeof settingsQuotaSchema>

const pricePair = z.object({ ownKey: wholeSchema, platformKey: wholeSchema })

export const settingsSchema = z
  .object({
    platform: z.object({
      name: z.string(),
      aiName: z.string(),
      support: z.string().nullable(),
      logo: z.string().nullable(),
      colors: z.record(z.string(), z.string()),
      locales: z.array(z.string()),
    }),
    org: z.object({
      id: z.string(),
      name: z.string(),
      plan: z.string(),
      planTitle: z.string(),
      addOns: z.array(z.string()),
      locale: z.string().nullable(),
    }),
    you: z.object({
      id: z.string(),
      name: z.string().nullable(),
      role: z.enum([...roles, 'operator']),
      canManage: z.boolean(),
      /** Why not, and who can. */
      reason: z.string().optional(),
    }),
    byok: z.object({
      enabled: z.boolean(),
      reason: z.string().optional(),
      /** `reason` as a code. */
      code: z.enum(byokCodes).optional(),
    }),
    holder: z.enum(holders),
    managers: z.array(z.enum(roles)),
    verify: z.enum(['on_save', 'format_only']),
    /** How long a replaced key can be put back; 0: not at all. */
    restoreHours: wholeSchema.optional(),
    /** How many days before a key's due date the first reminder comes; null: none comes. */
    remindDays: wholeSchema.nullable().optional(),
    /** `feature`: the model is picked by the task and nobody chooses one. */
    modelChoice: z.enum(['customer', 'feature']),
    choice: z.enum(['per_provider', 'single']),
    activeProvider: z.string().nullable(),
    environment: z.string(),
    environments: z.array(z.string()),
    providers: z.array(settingsProviderSchema),
    features: z.array(settingsFeatureSchema),
    scopes: z.array(z.object({ id: z.string(), title: z.string(), features: z.array(z.string()) })),
    fallback: z.object({
      mode: z.enum(['customer', 'always', 'never']),
      default: z.boolean(),
      /** In force for this caller's active key, or for the next one. */
      on: z.boolean(),
      when: z.array(z.enum(errorClasses)),
    }),
    notices: z.array(noticeSchema),
    credits: z.object({ balance: wholeSchema, perRequest: pricePair, features: z.record(z.string(), pricePair) }),
    quotas: z.array(settingsQuotaSchema),
    sandbox: z.boolean(),
  })
  .meta({ id: 'Settings' })
export type Settings = z.output<typeof settingsSchema>

/** Null: the platform's AI serves all. */
export const activeProviderSchema = z
  .strictObject({
    provider: configIdSchema.nullable(),
    user: userIdSchema
      .optional()
      .describe('Whose choice, where keys belong to users; only the operator may name another.'),
  })
  .meta({ id: 'ActiveProvider' })
export type ActiveProvider = z.input<typeof activeProviderSchema>

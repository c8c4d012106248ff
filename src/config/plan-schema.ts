import { z } from 'zod'
import { errorClasses, holders, providerPolicies, type Role, roles } from '../contract/index.ts'

/** Parts of the configuration's schema in `schema.ts`: names, amounts, and the policies of one plan. */
export const id = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'an id: letters, digits, "_", "-" and ".", at most 64')
  // Names are fields of plain objects, where these are there before anybody writes them.
  .refine((name) => !(name in Object.prototype), 'a name that is not reserved')

const share = z.number().gt(0).max(1)
export const currency = z.string().regex(/^[A-Z]{3}$/, 'a currency code of three capital letters, for instance USD')

const onOwnKey = 'Credits that a success on an own key costs.'
const onPlatformKey = 'Credits that a success on the platform’s key costs.'
const creditPair = z.strictObject({
  ownKey: z.int().min(0).describe(onOwnKey),
  platformKey: z.int().min(0).describe(onPlatformKey),
})

/** `{ownKey, platformKey}` for every feature, and pairs for single features under `features` or directly beside them. */
const credits = z
  .object({
    ownKey: z.int().min(0).default(0).describe(onOwnKey),
    platformKey: z.int().min(0).default(0).describe(onPlatformKey),
    features: z.record(id, creditPair).default({}).describe('Feature → its own two prices.'),
  })
  .catchall(creditPair)
  .transform(({ ownKey, platformKey, features, ...beside }) => ({
    ownKey,
    platformKey,
    features: { ...beside, ...features },
  }))

const fallbackMode = z
  .enum(['customer', 'always', 'never'])
  .describe('customer: a toggle on the key; always and never: the plan decides.')
const fallbackClasses = z.array(z.enum(errorClasses))

const fallback = z.strictObject({
  mode: fallbackMode.default('never'),
  default: z.boolean().default(true).describe('The toggle’s first position, in mode customer.'),
  when: fallbackClasses
    .default(['invalid_key', 'permission_denied', 'quota_exhausted', 'rate_limited', 'provider_error', 'network'])
    .describe('Only these classes of failure fall back.'),
  provider: id
    .optional()
    .describe('The provider that serves fallbacks of the one-dialect routes; absent: the same one first.'),
  features: z
    .record(
      id,
      z.strictObject({
        mode: fallbackMode.optional(),
        when: fallbackClasses.optional().describe('Those of them that the plan lists too fall back.'),
      }),
    )
    .default({})
    .describe('Feature → a stricter mode or fewer classes; the stricter of plan and feature counts.'),
  cap: z
    .strictObject({
      limit: z.number().positive().describe('In whole units of the currency, for instance 25 or 12.5.'),
      currency: currency.default('USD').describe('Of the limit.'),
      warnAt: share.default(0.8).describe('The part of the limit at which a notice opens.'),
    })
    .optional()
    .describe('What fallbacks may cost the platform per organization and calendar month (UTC).'),
})

const cap = z.strictObject({
  scope: z
    .enum(['organization', 'key', 'feature', 'key_and_feature'])
    .default('organization')
    .describe('What each has a cap of its own.'),
  features: z.array(id).min(1).optional().describe('Count only these features; absent: all.'),
  per: z.enum(['day', 'month']).default('month').describe('Calendar periods in UTC.'),
  limit: z.number().positive().describe('In whole units of the currency, for instance 100 or 12.5.'),
  currency: currency.default('USD').describe('Of the limit.'),
  warnAt: share.default(0.8).describe('The part of the limit at which a notice opens.'),
})

const quota = z.strictObject({
  title: z.string().min(1).optional().describe('What is counted, in words: “images”; absent: the meter’s id.'),
  limit: z.int().min(0).describe('How many requests are served in each period.'),
  per: z.enum(['day', 'month']).default('month').describe('Calendar periods in UTC.'),
  ownKeyExempt: z.boolean().default(true).describe('Requests on own keys do not count and are not stopped.'),
  count: z.enum(['successes', 'attempts']).default('successes').describe('What counts toward the limit.'),
})

const scopeName = id.refine((name) => name !== 'all', {
  error: 'another name: the scope "all" is always there, with every feature of the plan',
})

const planFields = z.strictObject({
  title: z.string().min(1).optional().describe('What the pages call it; absent: its id.'),
  byok: z
    .enum(['always', 'by_operator', 'never'])
    .default('always')
    .describe('by_operator: only where the operator enabled own keys.'),
  holder: z.enum(holders).default('organization').describe('Whom own keys belong to.'),
  managers: z
    .array(z.enum(roles))
    .min(1)
    .optional()
    .describe(
      'Roles that set, change and remove keys; absent: owner and admin, or every role where keys belong to users.',
    ),
  providers: z
    .record(z.string(), z.enum(providerPolicies))
    .default({ '*': 'optional' })
    .describe('Provider → optional, required (never the platform’s key) or unavailable; "*" is every other one.'),
  features: z.array(id).optional().describe('Absent: every feature.'),
  addOns: z.array(id).default([]).describe('Add-ons that the plan includes.'),
  choice: z
    .enum(['per_provider', 'single'])
    .default('per_provider')
    .describe(
      'single: one active provider’s key serves all: chosen for the organization, or by each user where keys belong to users. A request that names another provider itself, by its path or as provider/model, is served as if there were no own key: on the platform’s key where the plan offers that, and with required not at all.',
    ),
  scopes: z
    .record(
      scopeName,
      z.strictObject({
        title: z.string().min(1).describe('What the pages call it.'),
        features: z
          .array(id)
          .min(1)
          .describe('Those that a key of this scope serves; the others are served as if there were none.'),
      }),
    )
    .default({})
    .describe('Offered to managers beside "all".'),
  model: z
    .enum(['customer', 'feature'])
    .default('customer')
    .describe('Who picks the model: the key’s manager, or the feature (by task).'),
  privateModels: z.boolean().default(false).describe('Own keys may use models that are not on the allow list.'),
  fallback: fallback.prefault({}).describe('Whether the platform’s key stands in for an own key that fails.'),
  verify: z
    .enum(['on_save', 'format_only'])
    .default('on_save')
    .describe(
      'on_save: a key is tried at the provider, and one that it refuses is not saved; format_only: only its form is checked.',
    ),
  credits: credits
    .prefault({})
    .describe('Per request: {ownKey, platformKey}; or per feature: {feature: {ownKey, platformKey}}.'),
  monthlyCredits: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'Credits that each organization has anew every calendar month (UTC), spent before granted ones; the rest lapses.',
    ),
  quotas: z.record(id, quota).default({}).describe('Meter → its limit.'),
  caps: z.array(cap).default([]).describe('What requests may cost at the provider; enforced, also for many at once.'),
  regions: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Regions that may receive data, "global" being a provider’s host without one; absent: all.'),
  rotation: z
    .strictObject({
      everyDays: z.int().min(1).optional().describe('A due date this long after saving, where the manager sets none.'),
      remindDays: z.array(z.int().min(0)).default([30, 7, 1]).describe('Reminders, in days before the due date.'),
      overlapHours: z.int().min(0).max(720).default(0).describe('How long a replaced key can be restored.'),
    })
    .prefault({})
    .describe('When keys are to be replaced.'),
})

/** What an organization may be on. Where keys belong to users, a member manages their own: then nobody is left out by default. */
export const plan = planFields.transform((fields) => ({
  ...fields,
  managers: fields.managers ?? (fields.holder === 'user' ? [...roles] : (['owner', 'admin'] satisfies Role[])),
}))

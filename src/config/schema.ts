import { z } from 'zod'
import { capabilities, errorClasses, holders, providerPolicies, roles } from '../contract/index.ts'

/**
 * The configuration file's schema: platform-level facts only; tenants live in the database. Unknown fields are
 * refused. Descriptions become the JSON Schema for editors. Names that refer to each other (features, providers,
 * add-ons) are checked in `check-references.ts`, because that needs the whole file and the catalogue.
 */
const id = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'an id: letters, digits, "_", "-" and ".", at most 64')
const credits = z.strictObject({ ownKey: z.int().min(0), platformKey: z.int().min(0) })

const modelRules = z.strictObject({
  allow: z.array(z.string().min(1)).optional().describe('Patterns with *; absent: every model.'),
  refuse: z.array(z.strictObject({ match: z.string().min(1), reason: z.string().min(1) })).default([]),
  hints: z.record(z.string(), z.string()).default({}).describe('Model → the line shown beside it.'),
})

const provider = z.strictObject({
  platformKey: z.string().min(1).optional().describe('The platform’s own key, as ${ENV_NAME}.'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Operator only: another host, a proxy, a test double.'),
  region: z.string().optional().describe('The region whose host the platform’s key uses.'),
  as: id.optional().describe('The id under which the API and the page show this provider.'),
  title: z.string().optional(),
  description: z.string().optional(),
  comingSoon: z.boolean().default(false),
  defaultModel: z.string().min(1).optional(),
  models: modelRules.prefault({}),
})

const feature = z.strictObject({
  title: z.string().min(1),
  capability: z.enum(capabilities).default('chat'),
  addOn: id.optional(),
  providers: z.array(id).min(1).optional().describe('Absent: every provider that the plan allows.'),
  meter: id.optional().describe('The quota that a success counts toward.'),
  models: z.record(id, z.string()).default({}).describe('Provider → the model for this task.'),
})

const fallback = z.strictObject({
  mode: z.enum(['customer', 'always', 'never']).default('never'),
  default: z.boolean().default(true).describe('The toggle’s first position, in mode customer.'),
  when: z
    .array(z.enum(errorClasses))
    .default(['invalid_key', 'permission_denied', 'quota_exhausted', 'rate_limited', 'provider_error', 'network']),
  provider: id
    .optional()
    .describe('The provider that serves fallbacks of the one-dialect routes; absent: the same one first.'),
  features: z
    .record(
      id,
      z.strictObject({
        mode: z.enum(['customer', 'always', 'never']).optional(),
        when: z.array(z.enum(errorClasses)).optional(),
      }),
    )
    .default({}),
})

const plan = z.strictObject({
  title: z.string().optional(),
  byok: z.enum(['always', 'by_operator', 'never']).default('always'),
  holder: z.enum(holders).default('organization'),
  managers: z.array(z.enum(roles)).min(1).default(['owner', 'admin']),
  providers: z.record(z.string(), z.enum(providerPolicies)).default({ '*': 'optional' }),
  features: z.array(id).optional().describe('Absent: every feature.'),
  choice: z.enum(['per_provider', 'single']).default('per_provider'),
  scopes: z.record(id, z.strictObject({ title: z.string().min(1), features: z.array(id).min(1) })).default({}),
  model: z.enum(['customer', 'feature']).default('customer'),
  privateModels: z.boolean().default(false).describe('Own keys may use models that are not on the allow list.'),
  fallback: fallback.prefault({}),
  verify: z.enum(['on_save', 'format_only']).default('on_save'),
  credits: credits
    .extend({ features: z.record(id, credits).default({}) })
    .default({ ownKey: 0, platformKey: 0, features: {} }),
  quotas: z
    .record(
      id,
      z.strictObject({
        title: z.string().optional(),
        limit: z.int().min(0),
        per: z.enum(['day', 'month']).default('month'),
        ownKeyExempt: z.boolean().default(true),
      }),
    )
    .default({}),
  regions: z.array(z.string()).optional().describe('Regions that may receive data; absent: all.'),
})

export const configSchema = z.strictObject({
  platform: z
    .strictObject({
      name: z.string().min(1).default('Ownkey'),
      aiName: z.string().min(1).optional().describe('What the platform’s own AI is called; default "<name> AI".'),
      support: z.string().optional(),
      locales: z.array(z.string()).min(1).default(['en']),
      logo: z.string().optional(),
      colors: z.record(z.string(), z.string()).default({}),
      origins: z.array(z.string()).default([]).describe('Origins of the products that embed the page.'),
    })
    .prefault({}),
  providers: z.record(id, provider).default({}),
  features: z.record(id, feature).default({}),
  plans: z.record(id, plan).default({ standard: plan.parse({}) }),
  environments: z.array(id).min(1).default(['production', 'staging']),
  gateway: z
    .strictObject({
      replayBytes: z
        .int()
        .min(0)
        .default(4 * 1024 * 1024)
        .describe('Request bodies up to this size can be sent again to a fallback.'),
      inspectBytes: z
        .int()
        .min(1024)
        .default(32 * 1024 * 1024)
        .describe('Held at most to find the model where a rule depends on it.'),
      maxBodyBytes: z
        .int()
        .min(1024)
        .default(512 * 1024 * 1024),
      connectTimeoutSeconds: z.number().positive().default(10),
      firstByteTimeoutSeconds: z.number().positive().default(300),
      idleTimeoutSeconds: z.number().positive().default(300),
      privateHosts: z.array(z.string()).default([]).describe('Private hosts that customers’ base URLs may name.'),
    })
    .prefault({}),
  vault: z.strictObject({ outerLayer: z.enum(['none', 'pgcrypto']).default('none') }).prefault({}),
})

/** The file as it means: every default filled in. */
export type Config = z.output<typeof configSchema>
export type Plan = Config['plans'][string]
export type Feature = Config['features'][string]
export type ProviderConfig = Config['providers'][string]

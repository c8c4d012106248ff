import { z } from 'zod'
import { capabilities } from '../contract/index.ts'
import { Secret } from '../crypto/index.ts'
import { currency, id, plan } from './plan-schema.ts'
import { price } from './price-schema.ts'
import { signIn } from './sign-in-schema.ts'
import { webhooks } from './webhook-schema.ts'

/**
 * The configuration file's schema: platform-level facts only; tenants live in the database. Unknown fields are
 * refused. Descriptions become the JSON Schema for editors. Names that refer to each other (features, providers,
 * add-ons, meters) are checked in `check-references.ts`, because that needs the whole file and the catalogue.
 */
const secret = z
  .string()
  .trim()
  .min(1)
  .transform((text) => new Secret(text))

const modelRules = z.strictObject({
  allow: z.array(z.string().min(1)).min(1).optional().describe('Patterns with *; absent: every model.'),
  refuse: z
    .array(
      z.strictObject({
        match: z.string().min(1).describe('A pattern with *.'),
        reason: z.string().min(1).describe('Shown to whoever chooses or asks for such a model.'),
      }),
    )
    .default([])
    .describe('Refused models, own keys included; the reason is shown.'),
  hints: z.record(z.string(), z.string()).default({}).describe('Model → the line shown beside it.'),
})

const provider = z.strictObject({
  platformKey: secret.optional().describe('The platform’s own key, as ${ENV_NAME}.'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/[?#]|:\/\/[^/]*@/.test(url), 'https://host[:port][/path], without a user, a query or a fragment')
    .optional()
    .describe('Operator only: what stands before the provider’s own paths: another host, a proxy, a test double.'),
  like: id
    .optional()
    .describe('Makes this id a provider of its own that speaks as the named one does, at its own baseUrl.'),
  tokenUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/#|:\/\/[^/?]*@/.test(url), 'https://host[:port][/path], without a user or a fragment')
    .optional()
    .describe(
      'Operator only: where tokens are made of stored documents (service accounts), instead of the provider’s own.',
    ),
  region: z.string().min(1).optional().describe('The region whose host the platform’s key uses.'),
  as: id.optional().describe('The id under which the API and the page show this provider.'),
  title: z.string().min(1).optional().describe('What the pages call it; absent: the vendor’s own name.'),
  description: z.string().min(1).optional().describe('Shown with its key: what the product uses it for.'),
  comingSoon: z.boolean().default(false).describe('Shown, but not yet usable.'),
  defaultModel: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Serves where neither the request nor the key names a model (nor the task, where that picks); the pages recommend it.',
    ),
  models: modelRules.prefault({}).describe('Which of its models may be used.'),
})

const feature = z.strictObject({
  title: z.string().min(1).describe('What the pages and sentences call it.'),
  description: z.string().min(1).optional().describe('Shown under its title on the settings page.'),
  capability: z
    .enum(capabilities)
    .default('chat')
    .describe('What a model has to be able to do for it; picks providers and models where none is named.'),
  addOn: id.optional().describe('The add-on that an organization needs for it.'),
  providers: z.array(id).min(1).optional().describe('Absent: every provider that the plan allows.'),
  meter: id.optional().describe('The quota that it counts toward.'),
  models: z.record(id, z.string().min(1)).default({}).describe('Provider → the model for this task.'),
})

const origin = z
  .string()
  .regex(/^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?\/?$/i, 'an origin such as https://app.example.com')
  .transform((text) => text.toLowerCase().replace(/\/$/, ''))

const platform = z.strictObject({
  name: z.string().min(1).default('Ownkey').describe('What the pages and sentences call the platform.'),
  aiName: z.string().min(1).optional().describe('What the platform’s own AI is called; default "<name> AI".'),
  support: z.string().min(1).optional().describe('Where customers ask: an address or a page.'),
  locales: z
    .array(z.string().min(2))
    .min(1)
    .default(['en'])
    .describe('Languages that the pages offer, of en, zh, hi, es and de.'),
  logo: z.string().min(1).optional().describe('The address of a picture, shown beside the name.'),
  colors: z.record(z.string(), z.string()).default({}).describe('The pages’ one color: accent, as #rgb or #rrggbb.'),
  origins: z.array(origin).default([]).describe('Origins of the products that embed the page.'),
})

const gateway = z.strictObject({
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
    .default(512 * 1024 * 1024)
    .describe('A larger request is refused with 413.'),
  maxRequestsPerOrg: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Requests that one organization may have under way at once, in each process; one more is refused with 429. Absent: no limit.',
    ),
  connectTimeoutSeconds: z
    .number()
    .positive()
    .default(5)
    .describe(
      'Until a connection to a provider stands, TLS included. The request waits for it with its key: with more than 5 a removed key could be used as much later.',
    ),
  firstByteTimeoutSeconds: z
    .number()
    .positive()
    .default(300)
    .describe('A provider that has not begun its answer by then is given up: 504, or the fallback.'),
  idleTimeoutSeconds: z
    .number()
    .positive()
    .default(300)
    .describe('An answer of which nothing comes for so long is broken off.'),
  bodyIdleSeconds: z.number().positive().default(60).describe('An upload of which nothing comes for so long is ended.'),
  graceSeconds: z
    .number()
    .min(2)
    .max(5)
    .default(5)
    .describe(
      'How long requests are served by what is known when the database cannot be asked; then they are refused. At most 5: so long a removed key could still be used.',
    ),
  realtime: z
    .strictObject({
      handshakeTimeoutSeconds: z
        .number()
        .positive()
        .default(15)
        .describe('A provider that has not answered a WebSocket handshake by then is given up.'),
      idleTimeoutSeconds: z
        .number()
        .positive()
        .default(300)
        .describe('A session in which nothing passes for so long, pings included, is ended.'),
      maxMessageBytes: z
        .int()
        .min(1024)
        .default(32 * 1024 * 1024)
        .describe('A larger message ends its session.'),
      maxSessionsPerOrg: z
        .int()
        .min(1)
        .default(100)
        .describe(
          'Sockets that one organization may have open at once, in each process; one more is refused with 429.',
        ),
    })
    .prefault({})
    .describe('WebSocket sessions.'),
  privateHosts: z.array(z.string().min(1)).default([]).describe('Private hosts that customers’ base URLs may name.'),
})

const lifetimes = z.strictObject({
  sessionMinutes: z.int().min(1).default(60).describe('A member’s session on the settings page or the widget.'),
  operatorSessionMinutes: z.int().min(1).default(720).describe('An operator’s session in the console.'),
  signInMinutes: z.int().min(1).default(10).describe('How long a sign-in link can be used, once.'),
  tokenDays: z.int().min(1).optional().describe('The longest life of an Ownkey token; absent: no end.'),
})

export const configSchema = z.strictObject({
  platform: platform.prefault({}),
  providers: z.record(id, provider).default({}),
  addOns: z
    .record(id, z.strictObject({ title: z.string().min(1).describe('What the pages and sentences call it.') }))
    .default({})
    .describe('Add-ons by id. When any is declared, features may name only these.'),
  features: z.record(id, feature).default({}),
  plans: z.record(id, plan).prefault({ standard: {} }),
  prices: z
    .record(id, z.record(z.string().min(1), price))
    .default({})
    .describe(
      'Provider → model, or a pattern with * → what it charges; before the built-in prices. The first that fits counts.',
    ),
  exchangeRates: z
    .record(currency, z.number().positive())
    .default({})
    .refine(({ USD }) => USD === undefined || USD === 1, {
      path: ['USD'],
      error: '1: one US dollar is worth one US dollar',
    })
    .describe(
      'Currency → what one unit of it is worth in US dollars. Spend caps count costs of other currencies by these; without a rate a cost counts toward caps of its own currency only.',
    ),
  environments: z
    .array(id)
    .min(1)
    .optional()
    .describe(
      'The only environments there are; absent: any name, and the settings page offers production and those that have keys. Each has keys of its own; a request that names none is for production, or for the first where the list has no production.',
    ),
  gateway: gateway.prefault({}),
  vault: z
    .strictObject({
      outerLayer: z
        .enum(['none', 'pgcrypto'])
        .default('none')
        .describe(
          'pgcrypto: PostgreSQL encrypts each new ciphertext once more. What is stored already stays readable.',
        ),
    })
    .prefault({}),
  lifetimes: lifetimes.prefault({}),
  signIn,
  webhooks,
})

/** The file as it means: every default filled in. */
export type Config = z.output<typeof configSchema>
export type Plan = Config['plans'][string]
export type Feature = Config['features'][string]
export type ProviderConfig = Config['providers'][string]

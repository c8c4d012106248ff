import fc from 'fast-check'
import { type CatalogueEntry, loadConfig } from '../../src/config/index.ts'
import { type Capability, errorClasses } from '../../src/contract/index.ts'
import type { DecisionRequest, KeyFacts, Policy, Spent, TenantFacts } from '../../src/policy/index.ts'
import { compilePolicy } from '../../src/policy/index.ts'

/** A made-up catalogue: with and without regions, and one whose host belongs to the customer. */
export const smallCatalogue: readonly CatalogueEntry[] = [
  entry('alpha', {
    capabilities: ['chat', 'vision'],
    regions: { eu: 'https://eu.alpha.test', us: 'https://us.alpha.test' },
  }),
  entry('beta', { capabilities: ['chat'], models: [{ id: 'good-1', capabilities: ['chat'] }], aliases: ['b'] }),
  entry('gamma', { capabilities: ['text_to_speech', 'chat'], regions: { us: 'https://gamma.test' } }),
  { ...withoutOrigin(entry('delta', { capabilities: ['chat'] })), needsBaseUrl: true },
]

function entry(id: string, facts: Partial<CatalogueEntry>): CatalogueEntry {
  return {
    id,
    name: id.toUpperCase(),
    origin: `https://${id}.test`,
    capabilities: [],
    models: [],
    defaultModels: { chat: `good-${id}` },
    keyPage: '',
    keyNeeds: {},
    ...facts,
  }
}

function withoutOrigin({ origin: _origin, ...rest }: CatalogueEntry): CatalogueEntry {
  return rest
}

const ids = smallCatalogue.map(({ id }) => id)
const features = ['one', 'two', 'three']
const mode = fc.constantFrom('customer', 'customer', 'always', 'never')
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
/** Present once in five times: most requests have to get as far as the keys, or the properties would prove nothing. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })
const pair = fc.record({ ownKey: fc.nat(3), platformKey: fc.nat(6) })
const classes = fc.subarray([...errorClasses], { minLength: 3 }).chain((some) => mostly(some, []))

const provider = fc.record({
  platformKey: mostly<string | undefined>('${PLATFORM_KEY}', undefined),
  baseUrl: optional(fc.constantFrom('https://operator.test', 'https://operator.test/path/')),
  comingSoon: fc.constantFrom(...Array<boolean>(19).fill(false), true),
  defaultModel: optional(fc.constant('good-default')),
  models: fc.record({
    allow: optional(fc.constant(['good-*'])),
    refuse: fc.constantFrom([{ match: 'bad-*', reason: 'bad' }], []),
  }),
})

const feature = fc.record({
  title: fc.constant('A feature'),
  capability: mostly('chat', 'vision', 'text_to_speech'),
  addOn: seldom(fc.constant('extra')),
  providers: seldom(fc.subarray(ids, { minLength: 1 })),
  models: fc.constantFrom({}, { alpha: 'good-task' }),
})

const cap = fc.record({
  scope: fc.constantFrom('organization', 'key', 'feature', 'key_and_feature'),
  features: seldom(fc.subarray(features, { minLength: 1 })),
  per: fc.constantFrom('day', 'month'),
  limit: fc.constantFrom(5, 10),
})

const plan = fc.record({
  byok: mostly('always', 'by_operator', 'never'),
  holder: fc.constantFrom('organization', 'user'),
  providers: fc
    .dictionary(fc.constantFrom(...ids), mostly('optional', 'optional', 'required', 'unavailable'))
    .chain((some) => mostly('optional', 'optional', 'required', 'unavailable').map((rest) => ({ ...some, '*': rest }))),
  features: seldom(fc.subarray(features, { minLength: 2 })),
  choice: mostly('per_provider', 'single'),
  scopes: fc.subarray(features, { minLength: 1 }).map((some) => ({ some: { title: 'Some', features: some } })),
  model: fc.constantFrom('customer', 'feature'),
  privateModels: fc.boolean(),
  fallback: fc.record({
    mode,
    default: fc.boolean(),
    when: classes,
    provider: optional(fc.constantFrom(...ids)),
    cap: seldom(fc.constant({ limit: 3 })),
    features: fc.dictionary(fc.constantFrom(...features), fc.record({ mode: optional(mode), when: optional(classes) })),
  }),
  credits: fc.oneof(
    pair,
    fc.record({
      ownKey: fc.nat(3),
      platformKey: fc.nat(6),
      features: fc.dictionary(fc.constantFrom(...features), pair),
    }),
  ),
  quotas: fc.record({
    meter: fc.record({
      limit: fc.integer({ min: 1, max: 6 }),
      ownKeyExempt: fc.boolean(),
      per: fc.constantFrom('day', 'month'),
    }),
  }),
  regions: seldom(fc.subarray(['global', 'eu', 'us'], { minLength: 1 })),
  caps: fc.array(cap, { maxLength: 2 }),
})

/** Any configuration that loads: four providers, three features, one plan. */
export const policies: fc.Arbitrary<Policy> = fc
  .record({
    providers: fc.record(Object.fromEntries(ids.map((id) => [id, provider]))),
    features: fc.record({ one: feature.map((one) => ({ ...one, meter: 'meter' })), two: feature, three: feature }),
    plans: fc.record({ plan }),
  })
  .map((file) => {
    const { config } = loadConfig({
      text: JSON.stringify(file),
      env: { PLATFORM_KEY: 'platform-secret' },
      catalogue: smallCatalogue,
    })
    return compilePolicy(config, smallCatalogue)
  })

const key: fc.Arbitrary<KeyFacts> = fc
  .record({
    holder: fc.constantFrom<KeyFacts['holder'][]>('organization', 'user'),
    name: fc.constantFrom('ann', 'bob'),
    provider: fc.constantFrom('alpha', 'alpha', ...ids),
    environment: fc.constantFrom('production', 'production', 'staging'),
    state: fc.constantFrom<KeyFacts['state'][]>('active', 'active', 'active', 'disabled'),
    scope: fc.constantFrom('all', 'all', 'some', 'gone'),
    model: optional(fc.constantFrom('good-own', 'good-own', 'bad-own', 'private-own')),
    fallback: optional(fc.boolean()),
    region: optional(fc.constantFrom('eu', 'us')),
    customHost: fc.boolean(),
    version: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ name, ...facts }) => ({
    ...facts,
    id: `${facts.holder}-${name}-${facts.provider}-${facts.environment}`,
    user: facts.holder === 'user' ? name : '',
    origin:
      facts.customHost || facts.provider === 'delta'
        ? `https://customer-of-${facts.provider}.example`
        : `https://${facts.provider}.test`,
  }))

const slotOf = ({ holder, user, provider, environment }: KeyFacts): string =>
  [holder, user, provider, environment].join(' ')

const spent: fc.Arbitrary<Spent> = fc.record({
  per: fc.constantFrom('day', 'month'),
  feature: fc.constantFrom('', ...features),
  key: fc.constantFrom('', 'organization-ann-alpha-production', 'user-ann-alpha-production'),
  source: fc.constantFrom('own', 'platform', 'fallback'),
  currency: fc.constantFrom('USD', 'USD', 'EUR'),
  pico: fc.constantFrom(1e12, 4e12, 6e12),
})

export const tenants: fc.Arbitrary<TenantFacts> = fc.record({
  org: fc.constant('org'),
  plan: fc.constant('plan'),
  addOns: mostly(['extra'], []),
  byokEnabled: mostly<boolean | undefined>(true, false, undefined),
  activeProvider: optional(fc.constantFrom(...ids)),
  activeProviders: optional(
    fc.array(fc.tuple(fc.constantFrom('ann', 'bob'), fc.constantFrom(...ids, ''))).map((chosen) => new Map(chosen)),
  ),
  keys: fc.uniqueArray(key, { selector: slotOf, minLength: 4, maxLength: 16 }),
  balance: mostly(20, 0, 1, 2, 3, 4),
  quotaUsed: fc.record({ day: fc.record({ meter: fc.nat(3) }), month: fc.record({ meter: fc.nat(3) }) }),
  spent: fc.array(spent, { maxLength: 4 }),
})

export const requests: fc.Arbitrary<DecisionRequest> = fc.record({
  feature: fc.oneof(
    { weight: 19, arbitrary: fc.constantFrom(...features) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, 'nope') },
  ),
  provider: fc.constantFrom(undefined, undefined, undefined, 'alpha', 'alpha', ...ids, 'B', 'nope'),
  model: mostly<string | undefined>(undefined, 'auto', 'good-1', 'models/bad-1', 'private-1'),
  capability: mostly<Capability | undefined>(undefined, 'chat', 'vision', 'text_to_speech', 'embeddings'),
  user: mostly<string | undefined>('ann', 'bob', undefined),
  environment: mostly('production', 'staging'),
  noModel: mostly(false, true),
})

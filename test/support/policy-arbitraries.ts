import fc from 'fast-check'
import { type CatalogueEntry, loadConfig } from '../../src/config/index.ts'
import { capabilities, errorClasses } from '../../src/contract/index.ts'
import type { DecisionRequest, KeyFacts, Policy, TenantFacts } from '../../src/policy/index.ts'
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
    keyNeeds: [],
    ...facts,
  }
}

function withoutOrigin({ origin: _origin, ...rest }: CatalogueEntry): CatalogueEntry {
  return rest
}

const ids = smallCatalogue.map(({ id }) => id)
const features = ['one', 'two', 'three']
const mode = fc.constantFrom('customer', 'always', 'never')
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const pair = fc.record({ ownKey: fc.nat(3), platformKey: fc.nat(6) })
const classes = fc.subarray([...errorClasses])

const provider = fc.record({
  platformKey: optional(fc.constant('${PLATFORM_KEY}')),
  baseUrl: optional(fc.constantFrom('https://operator.test', 'https://operator.test/path/')),
  comingSoon: fc.boolean(),
  defaultModel: optional(fc.constant('good-default')),
  models: fc.record({
    allow: optional(fc.constant(['good-*'])),
    refuse: fc.constantFrom([], [{ match: 'bad-*', reason: 'bad' }]),
  }),
})

const feature = fc.record({
  title: fc.constant('A feature'),
  capability: fc.constantFrom('chat', 'vision', 'text_to_speech'),
  addOn: optional(fc.constant('extra')),
  providers: optional(fc.subarray(ids, { minLength: 1 })),
  models: fc.constantFrom({}, { alpha: 'good-task' }),
})

const plan = fc.record({
  byok: fc.constantFrom('always', 'by_operator', 'never'),
  holder: fc.constantFrom('organization', 'user'),
  providers: fc.dictionary(
    fc.constantFrom(...ids, '*'),
    fc.constantFrom('optional', 'optional', 'required', 'unavailable'),
  ),
  features: optional(fc.subarray(features)),
  choice: fc.constantFrom('per_provider', 'per_provider', 'single'),
  scopes: fc.subarray(features, { minLength: 1 }).map((some) => ({ some: { title: 'Some', features: some } })),
  model: fc.constantFrom('customer', 'feature'),
  privateModels: fc.boolean(),
  fallback: fc.record({
    mode,
    default: fc.boolean(),
    when: classes,
    provider: optional(fc.constantFrom(...ids)),
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
  quotas: fc.record({ meter: fc.record({ limit: fc.nat(3), ownKeyExempt: fc.boolean() }) }),
  regions: optional(fc.subarray(['global', 'eu', 'us'], { minLength: 1 })),
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
    provider: fc.constantFrom(...ids),
    environment: fc.constantFrom('production', 'production', 'staging'),
    state: fc.constantFrom<KeyFacts['state'][]>('active', 'active', 'active', 'disabled'),
    scope: fc.constantFrom('all', 'all', 'some', 'gone'),
    model: optional(fc.constantFrom('good-own', 'bad-own', 'private-own')),
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

export const tenants: fc.Arbitrary<TenantFacts> = fc.record({
  org: fc.constant('org'),
  plan: fc.constant('plan'),
  addOns: fc.subarray(['extra']),
  byokEnabled: optional(fc.boolean()),
  activeProvider: optional(fc.constantFrom(...ids)),
  keys: fc.uniqueArray(key, { selector: slotOf, maxLength: 8 }),
  balance: fc.nat(8),
  quotaUsed: fc.record({ meter: fc.nat(4) }),
})

export const requests: fc.Arbitrary<DecisionRequest> = fc.record({
  feature: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...features) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, 'nope') },
  ),
  provider: fc.constantFrom(undefined, undefined, ...ids, 'B', 'nope'),
  model: fc.constantFrom(undefined, undefined, 'auto', 'good-1', 'models/bad-1', 'private-1'),
  capability: fc.constantFrom(undefined, undefined, ...capabilities.slice(0, 5)),
  user: fc.constantFrom(undefined, 'ann', 'bob'),
  environment: fc.constantFrom('production', 'production', 'staging'),
  noModel: fc.boolean(),
})

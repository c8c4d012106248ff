/** What a decision says: why an attempt is in the list, why what could have served does not, and what helps. */
import { describe, expect, test } from 'vitest'
import { ask, key, policyWith, skips, sources } from '../../test/support/policy-facts.ts'
import type { KeyFacts, TenantFacts } from './index.ts'

const two = 'providers: { gemini: optional, openai: optional }'

describe('the platform’s key behind an own one', () => {
  const decide = (fallback: string, toggle?: boolean) =>
    ask(
      policyWith(`{ fallback: ${fallback} }`),
      { provider: 'openai' },
      { keys: [key('openai', { fallback: toggle })] },
    )

  test.each([
    ['{ mode: always, when: [network, rate_limited] }', 'the plan always falls back'],
    ['{ mode: customer, when: [network, rate_limited] }', 'fallback is on'],
  ])('with %s is there because %s', (fallback, because) => {
    expect(decide(fallback).attempts[1]?.reason).toBe(`If the own key fails, Acme AI serves Chatbots: ${because}.`)
  })

  test.each([
    ['{ mode: never }', undefined, 'The plan never falls back'],
    ['{ mode: always, features: { chatbot: { mode: never } } }', undefined, 'The plan never falls back for Chatbots'],
    ['{ mode: always, when: [] }', undefined, 'The plan names no class of failure that falls back'],
    [
      '{ mode: always, when: [network], features: { chatbot: { when: [rate_limited] } } }',
      undefined,
      'The plan and the feature share no class of failure that falls back',
    ],
    ['{ mode: customer, default: false }', undefined, 'Fallback is off by the plan’s default'],
    ['{ mode: customer }', false, 'Fallback is turned off on this key'],
  ])('with %s and the toggle %s is not, because: %s', (fallback, toggle, why) => {
    expect(decide(fallback, toggle).skipped).toMatchObject([
      { code: 'fallback_off', reason: `${why}, so Acme AI does not step in.` },
    ])
  })

  test.each<[string, Partial<KeyFacts>, string[]]>([
    ['allows it', { fallback: true }, ['organization:gemini', 'platform:openai']],
    ['forbids it', { fallback: false }, ['organization:gemini', 'platform:gemini']],
    ['is disabled and forbids it', { fallback: false, state: 'disabled' }, ['organization:gemini', 'platform:gemini']],
  ])('is another provider’s only where the own key of that provider %s', (_case, other, expected) => {
    const policy = policyWith(`{ ${two}, fallback: { mode: customer, provider: openai } }`)
    const decision = ask(policy, {}, { keys: [key('gemini', { fallback: true }), key('openai', other)] })
    expect(sources(decision)).toEqual(expected)
    expect(skips(decision)).toEqual(other.fallback ? [] : ['platform:openai:fallback_off'])
  })
})

describe('an own key that does not serve', () => {
  const both = [key('gemini'), key('openai')]
  const beta = key('openai', { id: 'k-beta', environment: 'beta' })
  test.each<[string, string, Partial<TenantFacts>, string]>([
    ['that is not there', '{}', {}, 'No own OpenAI key is saved.'],
    [
      'while none is active',
      '{ choice: single }',
      { keys: both },
      'No own provider is active, so the OpenAI key is not used.',
    ],
    [
      'while another is active',
      '{ choice: single }',
      { keys: both, activeProvider: 'gemini' },
      'Google Gemini is the active provider, so the OpenAI key is not used.',
    ],
    [
      'of another environment',
      '{}',
      { keys: [beta] },
      'The own OpenAI key is for the environment “beta”, and this request is for “production”.',
    ],
    [
      'of two others',
      '{}',
      { keys: [{ ...beta, id: 'k-zeta', environment: 'zeta' }, beta] },
      'Own OpenAI keys are for the environments “beta”, “zeta”, and this request is for “production”.',
    ],
    [
      'of the organization, where they belong to users',
      '{ holder: user }',
      { keys: both },
      'The plan uses users’ own keys, not the organization’s.',
    ],
  ])('%s is told as why the platform’s does', (_case, plan, facts, why) => {
    const decision = ask(policyWith(plan), { provider: 'openai', user: 'ann' }, facts)
    expect(decision.attempts.map(({ reason }) => reason)).toEqual([`Acme AI serves Chatbots. ${why}`])
    expect(decision.skipped.map(({ reason }) => reason)).toEqual([why])
  })

  test('is not listed for each of the many providers that nobody set up', () => {
    expect(skips(ask(policyWith('{}'), {}))).toEqual([
      'organization:openai:no_key',
      'organization:gemini:no_key',
      'organization:house:no_key',
    ])
    const named = policyWith('{ providers: { anthropic: optional, "*": optional } }')
    expect(skips(ask(named, {}))).toContain('organization:anthropic:no_key')
  })
})

describe('a refusal says what helps', () => {
  const adding = 'Add a Google Gemini key in the AI settings'
  const priced = (own: number, more = '') => `{ ${more}credits: { ownKey: ${own}, platformKey: 5 } }`
  const full = { quotaUsed: { month: { images: 2 } } }
  const raise = 'Ask an administrator to raise the plan’s limit.'
  test.each<[string, Partial<TenantFacts>, string]>([
    [priced(1), { balance: 1 }, `Add credits, or add${adding.slice(3)}: that costs 1.`],
    [priced(2), { balance: 1 }, 'Add credits.'],
    [priced(1, 'byok: never, '), { balance: 1 }, 'Add credits.'],
    ['{ quotas: { images: { limit: 2, ownKeyExempt: false } } }', full, raise],
    ['{ byok: never, quotas: { images: { limit: 2 } } }', full, raise],
    ['{ providers: { gemini: required } }', {}, `${adding}; the plan never uses the platform’s key here.`],
    ['{ regions: [eu] }', {}, `${adding}, of an allowed region.`],
    ['{ byok: never, regions: [eu] }', {}, 'Ask the platform for a plan that allows the region.'],
    [
      '{ scopes: { some: { title: Some, features: [other] } }, regions: [eu] }',
      { keys: [key('gemini', { scope: 'some' })] },
      'Widen the scope of the Google Gemini key in the AI settings.',
    ],
  ])('with %s and %o: %s', (plan, facts, fix) => {
    expect(ask(policyWith(plan), { feature: 'vision' }, facts).refusal?.fix).toBe(fix)
  })

  test.each<[string, string, string]>([
    [
      '{ byok: always }',
      'missing_key',
      'Add an Anthropic (Claude) key in the AI settings, or ask the platform to set up its own.',
    ],
    ['{ byok: never }', 'missing_key', 'Ask the platform to set up its key for this provider.'],
    [
      '{ byok: by_operator }',
      'byok_disabled',
      'Ask the platform’s administrator to enable own keys for the organization.',
    ],
  ])('where the platform has no key either, with %s: %s', (plan, code, fix) => {
    expect(ask(policyWith(plan), { provider: 'anthropic' }).refusal).toMatchObject({ code, fix })
  })

  test('names the providers that may be used, eight at most', () => {
    const other = (plan: string) => ask(policyWith(plan), { provider: 'openai' }).refusal?.fix
    expect(other('{ providers: { gemini: optional, "*": unavailable } }')).toBe(
      'Use one of these providers: “google_gemini”.',
    )
    expect(other('{ providers: { openai: unavailable, "*": optional } }')).toMatch(
      /^Use one of these providers: (?:“[^”]+”, ){7}“[^”]+” and others\.$/,
    )
  })
})

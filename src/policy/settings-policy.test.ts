import { describe, expect, test } from 'vitest'
import { key, policyFrom, policyWith } from '../../test/support/policy-facts.ts'
import type { TenantFacts } from './index.ts'
import { describeFallback, publicProviderId, resolveProvider, settingsPolicy } from './index.ts'

const owner = { id: 'ann', role: 'owner' } as const
const tenantWith = (facts: Partial<TenantFacts> = {}): TenantFacts => ({
  org: 'o',
  plan: 'basic',
  addOns: [],
  keys: [],
  balance: 0,
  quotaUsed: {},
  ...facts,
})

describe('the settings page', () => {
  test('offers the plan’s providers under their public ids, announced ones last', () => {
    const page = settingsPolicy(
      tenantWith(),
      owner,
      policyWith('{ providers: { openai: required, gemini: optional, deepgram: optional } }'),
    )
    expect(
      page?.providers.map(({ id, policy, comingSoon, platformServes }) => [id, policy, comingSoon, platformServes]),
    ).toEqual([
      ['openai', 'required', false, false],
      ['google_gemini', 'optional', false, true],
      ['deepgram', 'optional', true, false],
    ])
  })

  test('never offers a refused model', () => {
    const models = settingsPolicy(tenantWith(), owner, policyWith('{}'))?.providers.find(
      ({ catalogueId }) => catalogueId === 'gemini',
    )?.models
    expect(models?.items.length).toBeGreaterThan(0)
    expect(models?.items.some(({ id }) => id.startsWith('gemini-3'))).toBe(false)
    expect(models?.refused).toEqual([{ match: 'gemini-3*', reason: 'too new' }])
    expect(models?.items.filter((model) => model.default)).toHaveLength(1)
  })

  test('puts "all" before the plan’s scopes', () => {
    const page = settingsPolicy(
      tenantWith(),
      owner,
      policyWith('{ features: [chatbot, other], scopes: { few: { title: Few, features: [other] } } }'),
    )
    expect(page?.scopes).toEqual([
      { id: 'all', title: 'All AI features', features: ['chatbot', 'other'] },
      { id: 'few', title: 'Few', features: ['other'] },
    ])
  })

  test.each([
    ['owner', '{ managers: [owner] }', {}, true],
    ['admin', '{ managers: [owner] }', {}, false],
    ['member', '{}', {}, false],
    ['member', '{ holder: user }', {}, true],
    ['member', '{ holder: user, managers: [owner] }', {}, false],
    ['owner', '{ byok: by_operator }', {}, false],
    ['owner', '{ byok: always }', { byokEnabled: false }, false],
  ] as const)('a(n) %s on %s with %o may manage: %s', (role, plan, facts, canManage) => {
    const page = settingsPolicy(tenantWith(facts), { id: 'x', role }, policyWith(plan))
    expect(page?.canManage).toBe(canManage)
    expect(page?.reason === undefined).toBe(canManage)
  })

  test('says which features miss their add-on', () => {
    const missing = (addOns: string[]) =>
      settingsPolicy(tenantWith({ addOns }), owner, policyWith('{}'))?.features.filter(
        ({ addOnMissing }) => addOnMissing,
      )
    expect(missing([])?.map(({ id }) => id)).toEqual(['extra'])
    expect(missing(['extras'])).toEqual([])
  })

  test('offers only the regions that the plan allows', () => {
    const openai = settingsPolicy(tenantWith(), owner, policyWith('{ regions: [eu] }'))?.providers.find(
      ({ id }) => id === 'openai',
    )
    expect(openai?.regions).toEqual(['eu'])
  })

  test('is not there for an unknown plan', () => {
    expect(settingsPolicy(tenantWith({ plan: 'gone' }), owner, policyWith('{}'))).toBeUndefined()
  })
})

describe('fallback in words', () => {
  test.each([
    ['{ mode: never }', true, false, false],
    ['{ mode: always }', false, true, false],
    ['{ mode: customer, default: true }', undefined, true, true],
    ['{ mode: customer, default: true }', false, false, true],
    ['{ mode: customer, default: false }', undefined, false, true],
  ])('%s with the toggle %s: on %s, changeable %s', (fallback, toggle, on, changeable) => {
    const policy = policyWith(`{ fallback: ${fallback} }`)
    const told = describeFallback(policy, tenantWith(), key('openai', { fallback: toggle }))
    expect(told).toMatchObject({ on, changeable })
    expect(told.text).toContain('Acme AI')
  })

  test('names the features that have a stricter rule', () => {
    const policy = policyWith('{ fallback: { mode: always, when: [network], features: { chatbot: { mode: never } } } }')
    expect(describeFallback(policy, tenantWith()).exceptions).toEqual([
      { feature: 'chatbot', mode: 'never', when: ['network'] },
    ])
  })
})

test('a provider has one public id and many names', () => {
  const policy = policyWith('{}')
  expect(publicProviderId(policy, 'gemini')).toBe('google_gemini')
  expect(['gemini', 'Google', 'GOOGLE_GEMINI', 'house', 'nope'].map((name) => resolveProvider(policy, name))).toEqual([
    'gemini',
    'gemini',
    'gemini',
    'house',
    undefined,
  ])
  const mixed = policyFrom('platform: { name: Acme }\nproviders: { gemini: { as: Our_AI } }')
  expect(['Our_AI', 'our_ai', 'OUR_AI'].map((name) => resolveProvider(mixed, name))).toEqual(Array(3).fill('gemini'))
})

import { describe, expect, test } from 'vitest'
import { ask, key, policyWith, skips, sources } from '../../test/support/policy-facts.ts'

describe('fallback', () => {
  test.each([
    ['{ mode: customer, default: true }', undefined, 2],
    ['{ mode: customer, default: false }', undefined, 1],
    ['{ mode: customer, default: true }', false, 1],
    ['{ mode: customer, default: false }', true, 2],
    ['{ mode: always }', false, 2],
    ['{ mode: never }', true, 1],
    ['{ mode: always, when: [] }', true, 1],
    ['{ mode: always, features: { chatbot: { mode: never } } }', true, 1],
    ['{ mode: never, features: { chatbot: { mode: always } } }', true, 1],
    ['{ mode: always, features: { chatbot: { mode: customer } } }', false, 1],
    ['{ mode: always, when: [network], features: { chatbot: { when: [invalid_key] } } }', true, 1],
  ])('%s with the key’s toggle %s makes %i attempts', (fallback, toggle, attempts) => {
    const decision = ask(
      policyWith(`{ fallback: ${fallback} }`),
      { provider: 'openai' },
      { keys: [key('openai', { fallback: toggle })] },
    )
    expect(decision.attempts).toHaveLength(attempts)
    expect(skips(decision)).toEqual(attempts === 2 ? [] : ['platform:openai:fallback_off'])
  })

  test('moves on only after the classes that plan and feature share, and never after the last attempt', () => {
    const policy = policyWith(
      '{ fallback: { mode: always, when: [network, rate_limited], features: { chatbot: { when: [rate_limited, invalid_key] } } } }',
    )
    expect(
      ask(policy, { provider: 'openai' }, { keys: [key('openai')] }).attempts.map(({ fallbackOn }) => fallbackOn),
    ).toEqual([['rate_limited'], []])
  })

  test('goes to the plan’s provider where none was named, and stays where one was', () => {
    const policy = policyWith('{ fallback: { mode: always, provider: openai } }')
    const keys = [key('gemini')]
    expect(sources(ask(policy, {}, { keys }))).toEqual(['organization:gemini', 'platform:openai'])
    expect(sources(ask(policy, { provider: 'gemini' }, { keys }))).toEqual(['organization:gemini', 'platform:gemini'])
  })

  test('goes to the same provider first, else to one that the platform has a key for', () => {
    const policy = policyWith(
      '{ providers: { gemini: optional, anthropic: optional, openai: optional }, fallback: { mode: always } }',
    )
    expect(sources(ask(policy, {}, { keys: [key('gemini')] }))).toEqual(['organization:gemini', 'platform:gemini'])
    const elsewhere = policyWith('{ providers: { anthropic: optional, openai: optional }, fallback: { mode: always } }')
    expect(sources(ask(elsewhere, {}, { keys: [key('anthropic')] }))).toEqual([
      'organization:anthropic',
      'platform:openai',
    ])
  })

  test('with a model named, crosses only to the provider that the plan names, which then uses its own model', () => {
    const crossing = (fallback: string) =>
      ask(
        policyWith(`{ providers: { anthropic: optional, openai: optional }, fallback: ${fallback} }`),
        { model: 'claude-opus-5-5' },
        { keys: [key('anthropic')] },
      ).attempts.map(({ provider, model }) => [provider, model])
    expect(crossing('{ mode: always }')).toEqual([['anthropic', 'claude-opus-5-5']])
    expect(crossing('{ mode: always, provider: openai }')).toEqual([
      ['anthropic', 'claude-opus-5-5'],
      ['openai', 'gpt-5.4-mini'],
    ])
  })
})

describe('limits', () => {
  const policy = policyWith(
    '{ fallback: { mode: always }, credits: { ownKey: 1, platformKey: 5 }, quotas: { images: { limit: 2 } } }',
  )
  const keys = [key('gemini')]

  test.each([
    [5, [], ['platform:gemini']],
    [4, [], ['credits_exhausted']],
    [5, keys, ['organization:gemini', 'platform:gemini']],
    [4, keys, ['organization:gemini']],
    [0, keys, ['credits_exhausted']],
  ])('with %i credits and the keys %o: %o', (balance, own, expected) => {
    expect(sources(ask(policy, { provider: 'gemini' }, { balance, keys: [...own] }))).toEqual(expected)
  })

  test('what fetches a job’s result was charged before: no limit stops it, and it counts toward none', () => {
    const nothing = { balance: 0, quotaUsed: { month: { images: 2 } } }
    const counting = policyWith(
      '{ credits: { ownKey: 1, platformKey: 5 }, quotas: { images: { limit: 2, ownKeyExempt: false } } }',
    )
    for (const own of [[], keys]) {
      const { attempts } = ask(counting, { feature: 'vision', isFetch: true }, { ...nothing, keys: [...own] })
      expect(attempts.map(({ credits, meter }) => [credits, meter])).toEqual([[0, undefined]])
    }
    expect(sources(ask(counting, { feature: 'vision' }, nothing))).toEqual(['quota_exceeded'])
  })

  test('a full quota stops the platform’s key and leaves an own one alone', () => {
    const full = { quotaUsed: { month: { images: 2 } } }
    const stopped = ask(policy, { feature: 'vision' }, full)
    expect(sources(stopped)).toEqual(['quota_exceeded'])
    expect(stopped.refusal?.fix).toBe('Add a Google Gemini key, or ask an administrator to raise the plan’s limit.')
    const own = ask(policy, { feature: 'vision' }, { ...full, keys })
    expect(own.attempts.map(({ source, meter }) => [source, meter])).toEqual([['organization', undefined]])
    expect(skips(own)).toEqual(['platform:gemini:quota'])
    expect(own.skipped[0]?.facts).toEqual({ limit: 2, title: 'images', per: 'month' })
  })

  test.each([
    ['is disabled', 'per_provider', { state: 'disabled' }, 'Enable the Google Gemini key', { enable: 'Google Gemini' }],
    [
      'has another scope',
      'per_provider',
      { scope: 'some' },
      'Widen the scope of the Google Gemini key',
      { narrow: 'Google Gemini' },
    ],
    ['is not the active one', 'single', {}, 'Make Google Gemini the active provider', { inactive: 'Google Gemini' }],
  ] as const)(
    'a full quota where the own key %s says how to put that key into play',
    (_case, choice, facts, fix, told) => {
      const scopes = '{ some: { title: Some, features: [other] } }'
      const policy = policyWith(
        `{ choice: ${choice}, scopes: ${scopes}, fallback: { mode: always }, quotas: { images: { limit: 2 } } }`,
      )
      const tenant = { quotaUsed: { month: { images: 2 } }, activeProvider: 'openai', keys: [key('gemini', facts)] }
      const { refusal } = ask(policy, { feature: 'vision' }, tenant)
      expect(refusal?.code).toBe('quota_exceeded')
      expect(refusal?.fix).toBe(`${fix} in the AI settings, or ask an administrator to raise the plan’s limit.`)
      expect(refusal?.facts).toMatchObject(told)
    },
  )

  test('a quota per day is not used up by what the month counted before the plan changed', () => {
    const daily = policyWith('{ quotas: { images: { limit: 2, per: day } } }')
    const used = (day: number) => ({ quotaUsed: { day: { images: day }, month: { images: 30 } } })
    expect(sources(ask(daily, { feature: 'vision' }, used(1)))).toEqual(['platform:gemini'])
    expect(sources(ask(daily, { feature: 'vision' }, used(2)))).toEqual(['quota_exceeded'])
  })

  test('a quota without exemption stops own keys too', () => {
    const strict = policyWith('{ quotas: { images: { limit: 2, ownKeyExempt: false } } }')
    expect(sources(ask(strict, { feature: 'vision' }, { keys, quotaUsed: { month: { images: 2 } } }))).toEqual([
      'quota_exceeded',
    ])
    expect(ask(strict, { feature: 'vision' }, { keys, quotaUsed: { month: { images: 1 } } }).attempts[0]?.meter).toBe(
      'images',
    )
  })
})

describe('the operator’s path', () => {
  const origin = 'https://models.acme.test'
  test.each([
    ['goes with the operator’s host', { origin }, '/llm'],
    ['not with the same host that a customer named', { origin, customHost: true }, undefined],
    ['not with a host of before', { origin: 'https://old.acme.test' }, undefined],
    ['a customer’s own comes first', { origin, customHost: true, basePath: '/mine' }, '/mine'],
  ])('%s', (_when, facts, basePath) => {
    const { attempts } = ask(policyWith('{}'), { provider: 'house' }, { keys: [key('house', facts)] })
    expect(attempts.map(({ source, basePath: path }) => [source, path])).toEqual([['organization', basePath]])
  })
})

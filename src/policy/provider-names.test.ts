import { expect, test } from 'vitest'
import { policyFrom, policyWith } from '../../test/support/policy-facts.ts'
import { publicProviderId, resolveProvider } from './index.ts'

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

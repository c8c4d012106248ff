import { describe, expect, it } from 'vitest'
import { key, base as policy } from '../../../test/support/policy-facts.ts'
import { capOwner } from './cap-owner.ts'

const one = [key('openai')]
const both = [...one, key('openai', { id: 'k-staging', environment: 'staging' })]
const ofAnn = [key('gemini', { holder: 'user', user: 'ann' })]

describe('whose cap it is', () => {
  it.each([
    ['the organization’s needs no name', { scope: 'organization' as const }, one, undefined, undefined],
    ['a key by its provider', { scope: 'key' as const, key: 'k-openai' }, one, 'the OpenAI key', 'OpenAI'],
    [
      'one of several environments by its own, too',
      { scope: 'key' as const, key: 'k-staging' },
      both,
      'the OpenAI key (staging)',
      'OpenAI (staging)',
    ],
    [
      'a user’s key by the user, too',
      { scope: 'key' as const, key: 'k-gemini' },
      ofAnn,
      'the Google Gemini key (ann)',
      'Google Gemini (ann)',
    ],
    ['the platform’s keys by the name of its AI', { scope: 'key' as const, key: '' }, one, 'Acme AI', 'Acme AI'],
    [
      'a feature by its title',
      { scope: 'feature' as const, features: ['chatbot'] },
      one,
      'the feature Chatbots',
      'Chatbots',
    ],
    [
      'a key and a feature by both',
      { scope: 'key_and_feature' as const, key: 'k-openai', features: ['vision'] },
      one,
      'the OpenAI key and the feature Images',
      'OpenAI, Images',
    ],
  ])('%s', (_name, cap, keys, phrase, name) => {
    const provider = 'key' in cap ? keys.find(({ id }) => id === cap.key)?.provider : undefined
    expect(capOwner(cap, { policy, tenant: { keys } })).toEqual({ phrase, name, provider })
  })

  it('nobody’s where the key is gone', () => {
    expect(capOwner({ scope: 'key', key: 'k-gone' }, { policy, tenant: { keys: one } })).toBeUndefined()
  })
})

import { expect, test } from 'vitest'
import { ask, base, key, policyWith } from '../../test/support/policy-facts.ts'
import { explainText } from './index.ts'

test('a decision prints as what is tried, what is not, and what to do', () => {
  const policy = policyWith('{ fallback: { mode: always }, credits: { ownKey: 1, platformKey: 5 } }')
  expect(explainText(ask(policy, { provider: 'openai' }, { keys: [key('openai', { model: 'gpt-5.4' })] }))).toBe(
    [
      '1. organization key · openai · gpt-5.4 · api.openai.com · 1 credit',
      '   Your organization’s OpenAI key serves Chatbots.',
      '   moves on after: invalid_key, permission_denied, quota_exhausted, rate_limited, provider_error, network',
      '2. platform key · openai · gpt-5.4-mini · api.openai.com · 5 credits',
      '   If the own key fails (invalid key, permission denied, quota exhausted, rate limited, provider error, network), Acme AI serves Chatbots: the plan always falls back.',
    ].join('\n'),
  )
  expect(explainText(ask(base, { provider: 'anthropic' }))).toBe(
    [
      'Refused (missing_key): No own Anthropic (Claude) key is saved. Acme AI has no Anthropic (Claude) key.',
      '  What to do: Add an Anthropic (Claude) key in the AI settings, or ask the platform to set up its own.',
      'Does not serve:',
      '- organization key · anthropic (no_key): No own Anthropic (Claude) key is saved.',
      '- platform key · anthropic (no_platform_key): Acme AI has no Anthropic (Claude) key.',
    ].join('\n'),
  )
})

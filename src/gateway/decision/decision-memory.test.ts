import { expect, it } from 'vitest'
import { base, key, policyWith, sources } from '../../../test/support/policy-facts.ts'
import { type DecisionRequest, decide } from '../../policy/index.ts'
import type { Tenant } from '../../tenants/index.ts'
import { DecisionMemory } from './decision-memory.ts'

it('takes no text for what was not said', () => {
  const memory = new DecisionMemory()
  const facts = { org: 'o', plan: 'basic', addOns: [], keys: [], balance: 10, quotaUsed: {} }
  const ask = (feature: string | undefined, provider: string) =>
    sources(
      memory.decide({ feature, provider, environment: 'production', noModel: true } as DecisionRequest, tenant, base),
    )
  const tenant = facts as unknown as Tenant
  for (const round of [1, 2]) {
    expect(ask(undefined, 'openai'), `round ${round}`).toEqual(['feature_required'])
    expect(ask('undefined', 'openai'), `round ${round}`).toEqual(['feature_unknown'])
    expect(ask('chatbot', 'openai'), `round ${round}`).toEqual(['platform:openai'])
    expect(ask('chatbot\nopenai', 'openai'), `round ${round}`).toEqual(['feature_unknown'])
  }
})

it('knows a question by all that it says, and the policy that it was answered under', () => {
  const memory = new DecisionMemory()
  const keys = [key('openai', { holder: 'user', user: 'ann' }), key('gemini', { holder: 'user', user: 'ann' })]
  const facts = { org: 'o', plan: 'basic', addOns: [], keys, balance: 10, quotaUsed: {} }
  const tenant = facts as unknown as Tenant
  const policies = [policyWith('{ holder: user }'), policyWith('{ holder: organization }')]
  const first: DecisionRequest = { feature: 'chatbot', provider: 'openai', user: 'ann', environment: 'production' }
  const changes: Partial<DecisionRequest>[] = [
    { user: 'bob' },
    { user: undefined },
    { environment: 'staging' },
    { feature: 'extra' },
    { provider: 'gemini' },
    { provider: 'gemini', model: 'gemini-3-pro' },
    { model: 'gpt-x' },
    { noModel: true },
    { provider: undefined, capability: 'embeddings' },
  ]
  // Twice, and each behind the first: what was asked last is remembered in another way than what was asked before.
  for (const policy of [...policies, ...policies])
    for (const change of [...changes, ...changes])
      for (const request of [first, { ...first, ...change }])
        expect(memory.decide(request, tenant, policy), JSON.stringify(request)).toEqual(decide(request, tenant, policy))
  const [asked, ...others] = [{}, ...changes].map((change) =>
    JSON.stringify(decide({ ...first, ...change }, tenant, policies[0] as (typeof policies)[0])),
  )
  expect(others).not.toContain(asked)
})

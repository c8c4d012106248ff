import { expect, it } from 'vitest'
import { base, sources } from '../../test/support/policy-facts.ts'
import type { DecisionRequest } from '../policy/index.ts'
import type { Tenant } from '../tenants/index.ts'
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

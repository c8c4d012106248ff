import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { policies, requests, smallCatalogue, tenants } from '../../test/support/policy-arbitraries.ts'
import { errorTable, sentenceVariants } from '../contract/index.ts'
import type { Decision, DecisionRequest, KeyFacts, Policy, PolicyPlan, TenantFacts } from './index.ts'
import { decide, skipCodes } from './index.ts'

interface Situation {
  policy: Policy
  tenant: TenantFacts
  request: DecisionRequest
  plan: PolicyPlan
  decision: Decision
}

/** 400 configurations with four organizations and requests each: 1 600 cases for each of the eight properties. */
const configurations = 400
const situations = fc.array(fc.tuple(tenants, requests), { minLength: 4, maxLength: 4 })

function always(check: (situation: Situation) => void): void {
  fc.assert(
    fc.property(policies, situations, (policy, some) => {
      const plan = policy.plans.get('plan') as PolicyPlan
      for (const [tenant, request] of some)
        check({ policy, tenant, request, plan, decision: decide(request, tenant, policy) })
    }),
    { numRuns: configurations },
  )
}

// What follows says the rules again, in other words than the code under test.

function ownKeysOn({ plan, tenant }: Situation): boolean {
  return { always: tenant.byokEnabled !== false, by_operator: tenant.byokEnabled === true, never: false }[plan.byok]
}

function belongsToRequest(key: KeyFacts, { plan, request }: Situation): boolean {
  const whose = plan.holder === 'user' ? key.user === request.user && key.user !== '' : key.user === ''
  return key.holder === plan.holder && whose && key.environment === request.environment
}

function coversFeature(key: KeyFacts, { plan, request }: Situation): boolean {
  return key.scope === 'all' || (plan.scopes[key.scope]?.features ?? []).includes(request.feature ?? '')
}

function saysFallback(key: KeyFacts, { plan, request }: Situation): boolean {
  const override = plan.fallback.features[request.feature ?? '']
  const modes = [plan.fallback.mode, override?.mode ?? 'always']
  const shared = plan.fallback.when.filter((one) => override?.when === undefined || override.when.includes(one))
  if (modes.includes('never') || shared.length === 0) return false
  return modes.includes('customer') ? (key.fallback ?? plan.fallback.default) : true
}

/** An organization chooses for itself, a user for nobody else. */
function chosenBy(key: KeyFacts, { activeProvider, activeProviders }: Situation['tenant']): string | undefined {
  return key.holder === 'user' ? activeProviders?.get(key.user) : activeProvider
}

/** Keys that are meant to serve this request, working or not. */
function keysInPlay(situation: Situation): KeyFacts[] {
  const { tenant, plan } = situation
  if (!ownKeysOn(situation)) return []
  return tenant.keys
    .filter((key) => belongsToRequest(key, situation) && coversFeature(key, situation))
    .filter((key) => plan.choice === 'per_provider' || chosenBy(key, tenant) === key.provider)
}

test('the generated situations reach every kind of outcome', () => {
  const seen = new Set(
    fc
      .sample(fc.tuple(policies, tenants, requests), { numRuns: 1500, seed: 7 })
      .flatMap(([policy, tenant, request]) => {
        const { attempts, refusal, skipped } = decide(request, tenant, policy)
        return [refusal?.code ?? attempts.map(({ source }) => source).join('+'), ...skipped.map(({ code }) => code)]
      }),
  )
  const served = ['organization', 'user', 'platform', 'organization+platform', 'user+platform']
  const refused = [
    'missing_key',
    'model_refused',
    'credits_exhausted',
    'quota_exceeded',
    'region_not_allowed',
    'provider_not_allowed',
    'byok_disabled',
  ]
  expect([...seen]).toEqual(expect.arrayContaining([...served, ...refused, ...skipCodes]))
})

describe('for every configuration, organization and request', () => {
  test('there are attempts or a refusal, never both, and each says why', () => {
    always(({ decision }) => {
      const { attempts, refusal, skipped } = decision
      expect(attempts.length > 0).toBe(refusal === undefined)
      if (refusal) {
        expect(errorTable).toHaveProperty(refusal.code)
        expect(refusal.reason.length > 10 && refusal.fix.length > 10).toBe(true)
      }
      for (const { reason } of [...attempts, ...skipped]) expect(reason).toMatch(/^\S.+\.$/)
      expect(JSON.stringify(decision)).not.toMatch(/undefined|NaN/)
      for (const { code } of skipped) expect(skipCodes).toContain(code)
      for (const [index, { fallbackOn }] of attempts.entries())
        expect(fallbackOn.length > 0).toBe(index < attempts.length - 1)
    })
  })

  test('fallback off or BYOK-only means no attempt on the platform’s key', () => {
    always((situation) => {
      const { decision, plan } = situation
      const platform = decision.attempts.filter(({ source }) => source === 'platform')
      for (const { provider } of platform) {
        expect(plan.providers[provider] ?? plan.providers['*']).toBe('optional')
        const refusing = keysInPlay(situation).filter(
          (key) => key.provider === provider && !saysFallback(key, situation),
        )
        expect(refusing).toEqual([])
      }
      const first = decision.attempts[0]
      const key = situation.tenant.keys.find(({ id }) => id === first?.key?.id)
      if (key && !saysFallback(key, situation)) expect(decision.attempts).toHaveLength(1)
    })
  })

  test('the platform’s key goes to the operator’s or the catalogue’s host, an own key to the host it is bound to', () => {
    always(({ decision, tenant, policy }) => {
      for (const { source, provider, origin, host, key } of decision.attempts) {
        expect(new URL(origin).host).toBe(host)
        if (source !== 'platform') expect(origin).toBe(tenant.keys.find(({ id }) => id === key?.id)?.origin)
        else {
          const entry = smallCatalogue.find(({ id }) => id === provider)
          const own = policy.providers.get(provider)?.operatorRoute?.origin
          const known = [entry?.origin, ...Object.values(entry?.regions ?? {})]
          expect(own === undefined ? known : [own]).toContain(origin)
          expect(key).toBeUndefined()
        }
      }
    })
  })

  test('an own key is one of this organization, user and environment, and at most one', () => {
    always((situation) => {
      const own = situation.decision.attempts.filter(({ source }) => source !== 'platform')
      expect(own.length).toBeLessThanOrEqual(1)
      for (const { key, source, provider } of own) {
        const facts = situation.tenant.keys.filter(({ id, version }) => id === key?.id && version === key?.version)
        expect(facts).toHaveLength(1)
        expect(
          facts.every((one) => belongsToRequest(one, situation) && one.provider === provider && one.state === 'active'),
        ).toBe(true)
        expect(source).toBe(situation.plan.holder)
        expect(ownKeysOn(situation)).toBe(true)
      }
    })
  })

  test('a feature outside the scope never uses the own key', () => {
    always((situation) => {
      const keys = situation.tenant.keys.filter(({ id }) =>
        situation.decision.attempts.some(({ key }) => key?.id === id),
      )
      expect(keys.every((key) => coversFeature(key, situation))).toBe(true)
    })
  })

  test('no attempt leaves the plan’s regions, its models, its credits or its quotas', () => {
    always(({ decision, plan, tenant, request, policy }) => {
      const quota = plan.quotas['meter']
      for (const { source, provider, region, model, credits, meter } of decision.attempts) {
        if (plan.regions) expect(plan.regions).toContain(region)
        expect(credits).toBeLessThanOrEqual(tenant.balance)
        if (meter !== undefined)
          expect(tenant.quotaUsed[quota?.per ?? 'month']?.[meter]).toBeLessThan(quota?.limit ?? 0)
        if (request.noModel) expect(model).toBeUndefined()
        if (model === undefined) continue
        const verdict = policy.providers.get(provider)?.rules.check(model)
        const isPrivate =
          source !== 'platform' && plan.privateModels && verdict?.allowed === false && verdict.rule === 'allow'
        expect(verdict?.allowed === true || isPrivate).toBe(true)
      }
    })
  })

  test('no attempt is made under a cap that is spent, by a sum of its own', () => {
    always(({ decision, plan, tenant, request }) => {
      for (const [index, { source, key }] of decision.attempts.entries()) {
        for (const cap of plan.caps) {
          if (cap.features && !cap.features.includes(request.feature ?? '')) continue
          const sum = (tenant.spent ?? [])
            .filter(({ per, currency }) => per === cap.per && currency === cap.currency)
            .filter(({ feature }) => cap.features?.includes(feature) ?? true)
            .filter(({ feature }) => !cap.scope.includes('feature') || feature === (request.feature ?? ''))
            .filter((one) => !cap.scope.startsWith('key') || one.key === (key?.id ?? ''))
            .reduce((total, { pico }) => total + pico, 0)
          expect(sum).toBeLessThan(cap.limit * 1e12)
        }
        if (source !== 'platform' || index === 0 || !plan.fallback.cap) continue
        const fallbacks = (tenant.spent ?? []).filter(
          (one) => one.per === 'month' && one.source === 'fallback' && one.currency === 'USD',
        )
        expect(fallbacks.reduce((total, { pico }) => total + pico, 0)).toBeLessThan(plan.fallback.cap.limit * 1e12)
      }
    })
  })

  test('the same question has the same answer, and asking changes nothing', () => {
    always(({ decision, tenant, request, policy }) => {
      const before = JSON.stringify([tenant, request])
      expect(decide(request, tenant, policy)).toEqual(decision)
      expect(JSON.stringify([tenant, request])).toBe(before)
    })
  })

  test('a refusal whose remedy is another than its code’s says so to pages in other languages, too', () => {
    always(({ decision: { refusal } }) => {
      if (refusal === undefined || refusal.fix === errorTable[refusal.code].fix) return
      const facts = Object.entries(refusal.facts ?? {}).flat()
      expect(facts.filter((fact) => `error.${refusal.code}.fix_${fact}` in sentenceVariants)).not.toEqual([])
    })
  })
})

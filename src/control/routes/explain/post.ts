import { z } from 'zod'
import { decisionSchema, type ExplainedDecision, explainRequestSchema } from '../../../contract/index.ts'
import { type Decision, decide, type PolicyPlan, resolveProvider } from '../../../policy/index.ts'
import type { Tenant } from '../../../tenants/index.ts'
import { checkEnvironment } from '../../check-environment.ts'
import { defineRoute } from '../../http/route.ts'
import { defaultEnvironment, requireTenant, userOf } from '../../settings/load-settings.ts'
import { showDecision } from '../../show-decision.ts'

export const explain = defineRoute({
  name: 'explain.post',
  method: 'POST',
  path: '/api/v1/orgs/:org/explain',
  tag: 'AI settings',
  summary:
    'What would happen to a request: whose key, provider, host and price in order, or why not. `preflight` adds what is left.',
  params: z.object({ org: z.string() }),
  body: explainRequestSchema,
  answer: decisionSchema,
  async handle({ params, body, caller }, deps) {
    const { policy } = deps.inForce()
    const environment = body.environment ?? defaultEnvironment(policy)
    checkEnvironment(environment, policy)
    const tenant = await requireTenant(deps, params.org)
    const user = userOf(caller, body.user)
    const provider = body.provider === undefined ? undefined : (resolveProvider(policy, body.provider) ?? body.provider)
    const decision = decide({ feature: body.feature, provider, model: body.model, user, environment }, tenant, policy)
    const shown = showDecision(decision, policy)
    return body.preflight ? { ...shown, ...preflight(decision, tenant, policy.plans.get(tenant.plan)) } : shown
  },
})

type Preflight = Required<Pick<ExplainedDecision, 'allowed' | 'keySource' | 'creditsLeft' | 'quotasLeft'>>

function preflight({ attempts, refusal }: Decision, tenant: Tenant, plan: PolicyPlan | undefined): Preflight {
  const quotas = Object.entries(plan?.quotas ?? {})
  return {
    allowed: refusal === undefined,
    keySource: attempts[0]?.source ?? null,
    creditsLeft: tenant.balance,
    quotasLeft: Object.fromEntries(
      quotas.map(([meter, { limit }]) => [meter, Math.max(0, limit - (tenant.quotaUsed[meter] ?? 0))]),
    ),
  }
}

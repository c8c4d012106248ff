import { z } from 'zod'
import { decisionSchema, type ExplainRequest, explainRequestSchema, OwnkeyError } from '../../../contract/index.ts'
import {
  checkEnvironment,
  type DecisionRequest,
  decide,
  defaultEnvironment,
  type Policy,
  requestedModel,
  resolveProvider,
} from '../../../policy/index.ts'
import { defineRoute } from '../../http/route.ts'
import { requireTenant, userOf } from '../../settings/load-settings.ts'
import { showDecision } from '../../show-decision.ts'
import { showPreflight } from '../../show-preflight.ts'
import { askedPath, onRoute } from './asked-path.ts'

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
    checkEnvironment(environment, policy, 'body.environment')
    if (body.feature === undefined && policy.features.size > 0) throw featureMissing([...policy.features.keys()])
    // So that the answer includes what requests of a moment ago have used up.
    await deps.catchUp(params.org)
    const tenant = await requireTenant(deps, params.org)
    // Where the organization holds the keys, the user decides nothing and tells nothing of anybody.
    const ofUsers = policy.plans.get(tenant.plan)?.holder === 'user'
    const user = ofUsers ? userOf(caller, body.user) : (body.user ?? userOf(caller, undefined))
    const asked = { feature: body.feature, ...askedFor(body, { policy, plan: tenant.plan }), user, environment }
    const { route, ...ofPath } = body.path === undefined ? {} : askedPath(body.path, body.provider, deps.inForce())
    const decided = decide({ ...asked, ...ofPath }, tenant, policy)
    const decision = route === undefined ? decided : onRoute(decided, route, deps.inForce().providers)
    const now = deps.clock.now()
    const shown = showDecision(decision, policy, now)
    if (!body.preflight) return shown
    return { ...shown, ...showPreflight(decision, { tenant, plan: policy.plans.get(tenant.plan), now }) }
  },
})

/** The provider and model, read as the gateway reads them: where the provider is left open, `provider/model` names both. */
function askedFor(
  { provider, model, feature, path = '/v1/' }: ExplainRequest,
  { policy, plan }: { policy: Policy; plan: string },
): Pick<DecisionRequest, 'provider' | 'model'> {
  if (!path.startsWith('/v1/')) return { model }
  if (provider === undefined) return requestedModel(model, policy, { plan, feature })
  return { provider: resolveProvider(policy, provider) ?? provider, model }
}

function featureMissing(known: readonly string[]): OwnkeyError {
  const detail = 'Name the feature that asks.'
  const errors = [{ field: 'body.feature', detail, code: 'missing' as const }]
  const choices = known.join(', ')
  return new OwnkeyError('feature_required', {
    detail,
    fix: `Add "feature": one of ${choices}.`,
    facts: { choices },
    errors,
  })
}

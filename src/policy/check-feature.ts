import { list } from './ask.ts'
import type { DecisionRequest, Refusal, TenantFacts } from './decision.ts'
import type { Policy, PolicyFeature, PolicyPlan } from './policy.ts'

/** The plan and the feature that the request is about, or why it may not be used. */
export function checkFeature({
  request,
  tenant,
  policy,
}: {
  request: DecisionRequest
  tenant: TenantFacts
  policy: Policy
}): { plan: PolicyPlan; feature: PolicyFeature | undefined } | Refusal {
  const plan = policy.plans.get(tenant.plan)
  if (!plan) {
    return {
      code: 'plan_unknown',
      reason: `The organization is on the plan “${tenant.plan}”, which the configuration does not have.`,
      fix: `Ask the platform to move the organization to one of these plans: ${list([...policy.plans.keys()])}.`,
      facts: { plan: tenant.plan },
    }
  }
  if (!request.feature) return policy.features.size === 0 ? { plan, feature: undefined } : featureRequired(policy)

  const feature = policy.features.get(request.feature)
  if (!feature) {
    return {
      code: 'feature_unknown',
      reason: `There is no feature “${request.feature}” in the configuration.`,
      fix: `Use one of these features: ${list([...policy.features.keys()])}.`,
      facts: { choices: [...policy.features.keys()].join(', ') },
    }
  }
  return checkPlan({ feature, plan, tenant, policy }) ?? { plan, feature }
}

function checkPlan({
  feature,
  plan,
  tenant,
  policy,
}: {
  feature: PolicyFeature
  plan: PolicyPlan
  tenant: TenantFacts
  policy: Policy
}): Refusal | undefined {
  if (plan.featureSet && !plan.featureSet.has(feature.id)) {
    return {
      code: 'feature_not_in_plan',
      reason: `The plan “${plan.title ?? plan.id}” does not include ${feature.title}.`,
      fix: `Ask ${policy.platformName} to move the organization to a plan that includes ${feature.title}.`,
      facts: { plan: plan.title ?? plan.id, feature: feature.title, platform: policy.platformName },
    }
  }
  if (feature.addOn !== undefined && !tenant.addOns.includes(feature.addOn) && !plan.addOns.includes(feature.addOn)) {
    const addOn = feature.addOnTitle ?? feature.addOn
    return {
      code: 'add_on_required',
      reason: `${feature.title} needs the add-on “${addOn}”, which the organization does not have.`,
      fix: `Ask ${policy.platformName} to enable the add-on “${addOn}”. A saved key stays for the other features.`,
      facts: { addOn, feature: feature.title, platform: policy.platformName },
    }
  }
  return undefined
}

function featureRequired(policy: Policy): Refusal {
  return {
    code: 'feature_required',
    reason: 'The request names no feature.',
    fix: `Send Ownkey-Feature with one of these: ${list([...policy.features.keys()])}; or use a token that carries it.`,
    facts: { choices: [...policy.features.keys()].join(', ') },
  }
}

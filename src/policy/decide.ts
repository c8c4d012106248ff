import type { Ask } from './ask.ts'
import { attemptsFor } from './attempts-for.ts'
import { candidatesFor, vendorRefusal } from './candidates-for.ts'
import { checkFeature } from './check-feature.ts'
import type { Decision, DecisionRequest, Refusal, Skipped, TenantFacts } from './decision.ts'
import { forActiveProvider } from './for-active-provider.ts'
import type { Policy } from './policy.ts'

/**
 * Who serves this request, in order, or why nobody does. Pure: the same three values give the same decision, and
 * an attempt that is not in the list does not happen. The gateway executes it; `explain` and the settings page show it.
 *
 * @param request what the caller asks for
 * @param tenant the organization's facts, no secret among them
 * @param policy one compiled version of the configuration
 * @returns attempts in order, or a refusal with a code, a reason and a remedy; never both, never neither
 */
export function decide(request: DecisionRequest, tenant: TenantFacts, policy: Policy): Decision {
  const checked = checkFeature({ request, tenant, policy })
  if ('code' in checked) return refused(checked, [])

  const { plan, feature } = checked
  const ask: Ask = {
    request,
    tenant,
    policy,
    plan,
    feature,
    capability: neededCapability(request, feature?.capability),
    model:
      request.model === undefined || request.model === '' || request.model.toLowerCase() === 'auto'
        ? undefined
        : request.model,
    fallback: plan.fallbackRules.get(feature?.id ?? '') ?? {
      mode: 'never',
      default: false,
      when: [],
      decidedBy: 'plan',
    },
    skipped: [],
  }
  const asked = forActiveProvider(ask)
  const candidates = candidatesFor(asked)
  const outcome = 'code' in candidates ? candidates : attemptsFor(asked, candidates)
  return 'code' in outcome
    ? refused(vendorRefusal(asked, outcome) ?? outcome, ask.skipped)
    : { attempts: outcome, skipped: ask.skipped }
}

/** A chat surface carries vision: the feature then says what the model must be able to do. */
function neededCapability(request: DecisionRequest, ofFeature: Ask['capability']): Ask['capability'] {
  if (request.capability === 'chat' && ofFeature === 'vision') return ofFeature
  return request.capability ?? ofFeature
}

function refused(refusal: Refusal, skipped: readonly Skipped[]): Decision {
  return { attempts: [], refusal, skipped }
}

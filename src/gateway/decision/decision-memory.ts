import { type Decision, type DecisionRequest, decide, type Policy } from '../../policy/index.ts'
import type { Tenant } from '../../tenants/index.ts'

const maxAnswers = 500

interface Remembered {
  policy: Policy
  answers: Map<string, Decision>
  /** The latest question: most requests ask the same again, and comparing is cheaper than making a name for it. */
  last: { request: DecisionRequest; decision: Decision } | undefined
}

/**
 * Decisions by snapshot: `decide` is pure, so the same question of the same snapshot under the same policy has the same
 * answer. A changed tenant is another object, and what was remembered for the old one goes with it.
 */
export class DecisionMemory {
  private readonly remembered = new WeakMap<Tenant, Remembered>()

  decide(request: DecisionRequest, tenant: Tenant, policy: Policy): Decision {
    let known = this.remembered.get(tenant)
    if (known === undefined || known.policy !== policy) {
      known = { policy, answers: new Map(), last: undefined }
      this.remembered.set(tenant, known)
    }
    const { last } = known
    if (last !== undefined && isSame(last.request, request)) return last.decision
    const question = nameOf(request)
    let decision = known.answers.get(question)
    if (decision === undefined) {
      decision = decide(request, tenant, policy)
      if (known.answers.size >= maxAnswers) known.answers.clear()
      known.answers.set(question, decision)
    }
    known.last = { request, decision }
    return decision
  }
}

/** As JSON: a user who calls itself "undefined" is another than nobody. */
function nameOf({
  provider,
  feature,
  user,
  environment,
  capability,
  model,
  noModel,
  isFetch,
}: DecisionRequest): string {
  return JSON.stringify([provider, feature, user, environment, capability, model, noModel, isFetch])
}

function isSame(one: DecisionRequest, other: DecisionRequest): boolean {
  return (
    one.provider === other.provider &&
    one.feature === other.feature &&
    one.user === other.user &&
    one.environment === other.environment &&
    one.capability === other.capability &&
    one.model === other.model &&
    one.noModel === other.noModel &&
    one.isFetch === other.isFetch
  )
}

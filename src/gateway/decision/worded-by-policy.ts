import { OwnkeyError } from '../../contract/index.ts'
import { type DecisionRequest, decide, type Policy, type TenantFacts } from '../../policy/index.ts'
import { refusalError } from './refusal-error.ts'

interface Situation {
  request: DecisionRequest
  tenant: TenantFacts
  policy: Policy
}

/** By the database's error: the organization as the snapshot would show it if it knew that the limit is reached. */
const atTheLimit: Readonly<Record<string, (tenant: TenantFacts, error: OwnkeyError) => TenantFacts>> = {
  quota_exceeded: (tenant, { facts }) => {
    const full = { [String(facts?.['meter'])]: Number.MAX_SAFE_INTEGER }
    return { ...tenant, quotaUsed: { day: full, month: full } }
  },
  credits_exhausted: (tenant, { facts }) => ({ ...tenant, balance: Number(facts?.['balance'] ?? 0) }),
}

/**
 * When only the database sees that a limit is reached, the refusal is worded by the decision, as if the snapshot had known: it names
 * the provider and what would help. Every other error stays as it is.
 */
export function wordedByPolicy(error: unknown, { request, tenant, policy }: Situation): unknown {
  if (!(error instanceof OwnkeyError)) return error
  const known = atTheLimit[error.code]?.(tenant, error)
  const refusal = known && decide(request, known, policy).refusal
  if (refusal?.code !== error.code) return error
  const worded = refusalError(refusal, Date.now())
  const retryAfterSeconds = error.retryAfterSeconds ?? worded.retryAfterSeconds
  return new OwnkeyError(error.code, {
    detail: refusal.reason,
    fix: refusal.fix,
    facts: { ...worded.facts, ...error.facts },
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })
}

import type { ExplainedDecision } from '../contract/index.ts'
import { periodEnd } from '../lib/index.ts'
import { type Decision, type Policy, publicProviderId, type Refusal } from '../policy/index.ts'

/** The decision as it goes out: public ids, nothing of keys but whose they are. */
export function showDecision({ attempts, refusal, skipped }: Decision, policy: Policy, now: number): ExplainedDecision {
  return {
    attempts: attempts.map((attempt) => ({
      source: attempt.source,
      provider: publicProviderId(policy, attempt.provider),
      providerName: policy.providers.get(attempt.provider)?.name ?? attempt.provider,
      model: attempt.model ?? null,
      host: attempt.host,
      region: attempt.region ?? null,
      credits: attempt.credits,
      meter: attempt.meter ?? null,
      fallbackOn: [...attempt.fallbackOn],
      reason: attempt.reason,
    })),
    ...(refusal && { refusal: showRefusal(refusal, now) }),
    skipped: skipped.map(({ source, provider, code, reason, facts }) => ({
      source,
      provider: publicProviderId(policy, provider),
      code,
      reason,
      ...(facts && { facts: { ...facts } }),
    })),
  }
}

function showRefusal(
  { code, reason, fix, facts, resets }: Refusal,
  now: number,
): NonNullable<ExplainedDecision['refusal']> {
  return {
    code,
    reason,
    fix,
    ...(facts && { facts: { ...facts } }),
    ...(resets && { resetsAt: new Date(periodEnd(resets, now)).toISOString() }),
  }
}

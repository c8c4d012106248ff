import type { ExplainedDecision } from '../contract/index.ts'
import { type Decision, type Policy, publicProviderId } from '../policy/index.ts'

/** The decision as it goes out: public ids, nothing of keys but whose they are. */
export function showDecision({ attempts, refusal, skipped }: Decision, policy: Policy): ExplainedDecision {
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
    ...(refusal ? { refusal: { code: refusal.code, reason: refusal.reason, fix: refusal.fix } } : {}),
    skipped: skipped.map(({ source, provider, code, reason }) => ({
      source,
      provider: publicProviderId(policy, provider),
      code,
      reason,
    })),
  }
}

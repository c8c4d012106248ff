import { list } from './ask.ts'
import type { Refusal } from './decision.ts'
import type { PolicyProvider } from './policy.ts'

/** Why a provider's rules do not let a model through, and which ones they do. */
export function modelRefusal(provider: PolicyProvider, model: string): Refusal {
  const verdict = provider.rules.check(model)
  const why = verdict.allowed ? 'the plan does not allow it' : verdict.reason.replace(/\.$/, '')
  const allow = provider.rules.allow
  return {
    code: 'model_refused',
    reason: `${model} may not be used with ${provider.name}: ${why}.`,
    fix: allow ? `Choose one of these models: ${list(allow)}.` : 'Choose another model.',
    facts: { model, ...(allow ? { choices: allow.join(', ') } : {}) },
  }
}

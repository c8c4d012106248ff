import { OwnkeyError } from '../../contract/index.ts'
import { unknownValue } from '../http/unknown-value.ts'
import type { SlotContext } from './resolve-slot.ts'

/** A key's settings as the body gives them. */
export interface Choices {
  model?: string | null | undefined
  scope?: string | undefined
  fallback?: boolean | undefined
  baseUrl?: string | null | undefined
  region?: string | null | undefined
}

/**
 * Checks the choices against the plan's rules.
 * @throws OwnkeyError `model_refused`, `scope_unknown`, `choice_fixed`
 */
export function checkChoices({ model, scope, fallback }: Choices, { plan, provider }: SlotContext): void {
  if (model !== undefined && model !== null) checkModel(model, { plan, provider })
  if (scope !== undefined && scope !== 'all' && !plan.scopeSets.has(scope))
    throw unknownValue('scope_unknown', {
      field: 'body.scope',
      value: scope,
      known: ['all', ...plan.scopeSets.keys()],
      detail: 'The plan has no such scope.',
      choose: 'Use one of',
    })
  if (fallback === undefined || plan.fallback.mode === 'customer') return
  throw new OwnkeyError('choice_fixed', {
    detail:
      plan.fallback.mode === 'always' ? 'In this plan fallback is always on.' : 'In this plan there is no fallback.',
    fix: 'Leave "fallback" out.',
    facts: { fixed: plan.fallback.mode === 'always' ? 'fallback_always' : 'fallback_never' },
    errors: [{ field: 'body.fallback', detail: 'The plan decides this.', code: 'plan_decides' }],
  })
}

function checkModel(model: string, { plan, provider }: Pick<SlotContext, 'plan' | 'provider'>): void {
  if (plan.model === 'feature') {
    throw new OwnkeyError('choice_fixed', {
      detail: 'In this plan the model is picked by the task.',
      fix: 'Leave "model" out.',
      facts: { fixed: 'model_by_task' },
      errors: [{ field: 'body.model', detail: 'The plan decides this.', code: 'plan_decides' }],
    })
  }
  const verdict = provider.rules.check(model)
  if (verdict.allowed || (verdict.rule === 'allow' && plan.privateModels)) return
  const choices = (provider.rules.allow ?? []).filter((pattern) => !pattern.includes('*'))
  throw new OwnkeyError('model_refused', {
    detail: `This model may not be used here: ${verdict.reason}.`,
    fix: choices.length > 0 ? `Choose one of: ${choices.join(', ')}.` : 'Choose another model.',
    ...(choices.length > 0 ? { facts: { choices: choices.join(', ') } } : {}),
    errors: [
      verdict.rule === 'refuse'
        ? { field: 'body.model', detail: verdict.reason, code: 'reason', facts: { reason: verdict.reason } }
        : { field: 'body.model', detail: verdict.reason, code: 'model_not_allowed' },
    ],
  })
}

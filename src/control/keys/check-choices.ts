import { OwnkeyError } from '../../contract/index.ts'
import { didYouMean } from '../http/did-you-mean.ts'
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

/** Where a key will be sent. */
export interface KeyHost {
  origin: string
  /** The path before the provider's own paths; empty or `/…`. */
  basePath: string
  customHost: boolean
  baseUrl: string | null
  region: string | null
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

/**
 * The host that the choices lead to: the customer's own, the operator's, a region's, or the provider's.
 * @param checkHost gives a base URL's origin or throws `host_not_allowed`
 * @throws OwnkeyError `host_not_allowed`, `region_not_allowed`, `request_invalid`
 */
export function hostFor(
  { baseUrl, region }: Choices,
  { plan, provider, entry }: SlotContext,
  checkHost: (baseUrl: string) => string,
): KeyHost {
  if (region) checkRegion(region, { plan, entry })
  const chosen = region ?? null
  if (baseUrl) {
    const origin = checkHost(baseUrl)
    return {
      origin,
      basePath: new URL(baseUrl).pathname.replace(/\/+$/, ''),
      customHost: true,
      baseUrl,
      region: chosen,
    }
  }
  const { operatorRoute } = provider
  if (operatorRoute) return { ...operatorRoute, customHost: false, baseUrl: null, region: chosen }
  const origin = (region ? entry.regions?.[region] : undefined) ?? entry.origin
  if (origin !== undefined) return { origin, basePath: '', customHost: false, baseUrl: null, region: chosen }
  const detail = `${provider.name} has no host of its own; say where your endpoint is.`
  throw new OwnkeyError('request_invalid', {
    detail,
    fix: 'Add "baseUrl", for instance https://your-endpoint.example.com.',
    errors: [{ field: 'body.baseUrl', detail, code: 'host_missing' }],
  })
}

function checkRegion(region: string, { plan, entry }: Pick<SlotContext, 'plan' | 'entry'>): void {
  const known = Object.keys(entry.regions ?? {}).filter((name) => name !== 'default')
  if (!known.includes(region)) {
    const meant = didYouMean(region, known)
    const detail =
      known.length === 0
        ? `${entry.name} has no regions to choose from.`
        : `There is no such region; known are ${known.join(', ')}.`
    throw new OwnkeyError('request_invalid', {
      detail,
      fix: meant ? `Did you mean "${meant}"?` : 'Leave "region" out, or use one of the known ones.',
      errors: [
        known.length === 0
          ? { field: 'body.region', detail, code: 'no_regions' }
          : { field: 'body.region', detail, code: 'unknown_value', facts: { known: known.join(', ') } },
      ],
    })
  }
  if (plan.regionSet && !plan.regionSet.has(region)) {
    const regions = (plan.regions ?? []).join(', ')
    throw new OwnkeyError('region_not_allowed', {
      fix: `Use a key of one of these regions: ${regions}.`,
      facts: { regions },
    })
  }
}

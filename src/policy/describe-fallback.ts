import type { ErrorClass } from '../contract/index.ts'
import type { KeyFacts, TenantFacts } from './decision.ts'
import { fallbackIsOn } from './own-key.ts'
import type { FallbackMode, Policy } from './policy.ts'

/** What happens when an own key fails, for the page. */
export interface FallbackDescription {
  mode: FallbackMode
  on: boolean
  /** A manager may turn the toggle. */
  changeable: boolean
  /** The toggle's first position. */
  default: boolean
  when: readonly ErrorClass[]
  text: string
  /** Features for which a stricter rule counts than for the rest. */
  exceptions: readonly { feature: string; mode: FallbackMode; when: readonly ErrorClass[] }[]
}

/** @param key the own key; absent: what a new key would start with */
export function describeFallback(
  policy: Policy,
  tenant: Pick<TenantFacts, 'plan'>,
  key?: Pick<KeyFacts, 'fallback'>,
): FallbackDescription {
  const plan = policy.plans.get(tenant.plan)
  const rule = plan?.fallbackRules.get('')
  if (!plan || !rule)
    return {
      mode: 'never',
      on: false,
      changeable: false,
      default: false,
      when: [],
      text: 'The plan is unknown.',
      exceptions: [],
    }

  const on = fallbackIsOn(rule, key ?? {})
  const steps = { aiName: policy.aiName, whenText: rule.whenText }
  return {
    mode: rule.mode,
    on,
    changeable: rule.mode === 'customer',
    default: rule.default,
    when: rule.when,
    text: texts[rule.mode](on, steps),
    exceptions: [...plan.fallbackRules]
      .filter(
        ([feature, other]) => feature !== '' && (other.mode !== rule.mode || other.when.length !== rule.when.length),
      )
      .map(([feature, other]) => ({ feature, mode: other.mode, when: other.when })),
  }
}

interface Words {
  aiName: string
  whenText: string
}

const texts: Readonly<Record<FallbackMode, (on: boolean, words: Words) => string>> = {
  always: (_on, { aiName, whenText }) => `If your key fails (${whenText}), ${aiName} serves the request.`,
  never: (_on, { aiName }) =>
    `If your key fails, the feature returns the provider’s error. ${aiName} does not step in.`,
  customer: (on, { aiName, whenText }) =>
    on
      ? `Fallback is on: if your key fails (${whenText}), ${aiName} serves the request.`
      : `Fallback is off: if your key fails, the feature returns an error. Nothing reaches ${aiName}.`,
}

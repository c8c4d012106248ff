import type { Ask } from './ask.ts'
import { fittingProviders, isRefusedByName } from './candidates-for.ts'
import { seemsToHave } from './choose-model.ts'
import { ownKey } from './own-key.ts'

/**
 * Where one active provider serves all, a request that leaves the provider open is for that one. A product that speaks one dialect
 * names its dialect's models; another provider's model then gives way to the model that was chosen with the key, instead of moving
 * the request to that other provider, and its cost to the platform.
 */
export function forActiveProvider(ask: Ask): Ask {
  const { request, plan, model } = ask
  if (plan.choice !== 'single' || request.provider !== undefined || model === undefined) return ask
  const fitting = fittingProviders(ask)
  if ('code' in fitting) return ask
  const active = fitting.find((provider) => ownKey(ask, provider).kind !== 'absent')
  if (!active || seemsToHave(active, model)) return ask
  // A model that the rules refuse by name stays refused; nobody is to think that it served.
  if (fitting.some((provider) => isRefusedByName(provider, model))) return ask
  return fitting.some((provider) => seemsToHave(provider, model)) ? { ...ask, model: undefined } : ask
}

/**
 * Who serves a request. `decide` is a pure function of the request, the organization's facts and the compiled
 * configuration: no I/O, no clock, no secrets. The gateway executes its attempts, `explain` prints them and the settings
 * page shows them; where two rules meet, the stricter one wins and the reason says which.
 */
export { mayUse, usualModel } from './choose-model.ts'
export { compilePolicy } from './compile-policy.ts'
export { decide } from './decide.ts'
export type * from './decision.ts'
export { skipCodes } from './decision.ts'
export { checkEnvironment, defaultEnvironment, environmentsOf } from './environments.ts'
export { allowsRegion, keyRegion } from './key-region.ts'
export { modelRefusal } from './model-refusal.ts'
export { byokOff } from './own-key.ts'
export type { FallbackMode, FallbackRule, Policy, PolicyFeature, PolicyPlan, PolicyProvider } from './policy.ts'
export { publicProviderId, resolveProvider } from './provider-names.ts'
export { requestedModel } from './requested-model.ts'
export { capPhrase, capsAsOf, capsOf, capsReset, towardCap } from './spend-caps.ts'

/**
 * The request path: a caller's request is read, its caller identified, a decision made, its attempts tried in order, and the
 * answer relayed at the pace of the slower side. `serve.ts` is the story on one page; `egress.ts` is the only place in the
 * system that sends requests to providers.
 */
export { createAddressPasses } from './address-passes.ts'
export { checkHost } from './check-host.ts'
export { collectAnswer } from './collect-answer.ts'
export type { ErrorAnswer } from './collect-failure.ts'
export type { EgressLimits } from './egress.ts'
export { Gateway } from './gateway.ts'
export type { AttemptReport, GatewayDeps, GatewaySetup } from './gateway-deps.ts'
export type { Lookup } from './guarded-connect.ts'
export type { PreparedSecrets } from './prepared-secrets.ts'

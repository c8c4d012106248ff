/**
 * The request path: a caller's request is read, its caller identified, a decision made, its attempts tried in order, and the
 * answer relayed at the pace of the slower side. `serve.ts` is the story on one page; each stage of it has a folder:
 *
 * - `request/`: what is asked. Address, head, token, body, model.
 * - `decision/`: the decision on it, remembered, checked once more before sending, and worded as a refusal.
 * - `attempt/`: one attempt. Its entry in the books, the health of its key, its credential, its headers.
 * - `answer/`: the provider's answer. A failure or not, its counts, the key blanked, passed on.
 * - `egress/`: the only way to the providers: connections, checked hosts, HTTP/1.1.
 * - `realtime/`: the same story for WebSockets.
 */

export type { ErrorAnswer } from './answer/collect-failure.ts'
export type { PreparedSecrets } from './attempt/prepared-secrets.ts'
export type { CallerRequest, CallerResponse } from './caller-messages.ts'
export { checkHost } from './egress/check-host.ts'
export { collectAnswer } from './egress/collect-answer.ts'
export type { EgressLimits } from './egress/egress.ts'
export type { Lookup } from './egress/guarded-connect.ts'
export { Gateway } from './gateway.ts'
export type { AttemptReport, GatewayDeps, GatewaySetup } from './gateway-deps.ts'
export { createAddressPasses } from './request/address-passes.ts'

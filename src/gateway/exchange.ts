import type { Dialect, ErrorClass } from '../contract/index.ts'
import type { UpstreamMessage } from '../dialect/index.ts'
import type { Decision, DecisionRequest } from '../policy/index.ts'
import type { OpenaiRoute, Provider, Surface } from '../providers/index.ts'
import type { ErrorAnswer } from './answer/collect-failure.ts'
import type { UpstreamCall } from './answer/upstream-call.ts'
import type { AttemptSender } from './attempt/try-attempt.ts'
import type { CallerRequest, CallerResponse } from './caller-messages.ts'
import type { GatewaySetup } from './gateway-deps.ts'
import type { OrgPlace } from './org-places.ts'
import type { Caller } from './request/caller.ts'
import type { RequestBody } from './request/request-body.ts'
import type { RequestHead } from './request/request-head.ts'
import type { Target } from './request/target.ts'

/**
 * One request on its way through the gateway; filled step by step, in the order of the fields. A class only so that every
 * exchange has all its fields from the start: objects that grow on the way are slower to make and to read.
 */
export class Exchange {
  req: CallerRequest
  res: CallerResponse
  setup: GatewaySetup
  requestId: string
  /** When its head was there; monotonic milliseconds. */
  startedAt = performance.now()
  /** In which shape errors are told. */
  dialect: Dialect = 'openai'
  target?: Target
  /** The route of the one dialect; absent: a provider's own API was called. */
  route?: OpenaiRoute | undefined
  provider?: Provider
  surface?: Surface
  head?: RequestHead
  caller?: Caller
  body?: RequestBody
  /** As the caller wrote it; in the one dialect the attempt's. */
  model?: string | undefined
  /** The model, where the body told it only while it was sent. */
  lateModel?: string | undefined
  /** What is decided on. */
  asked?: DecisionRequest
  decision?: Decision
  /** Characters that the provider bills, where it bills by the request's text. */
  characters?: number | undefined
  /** The request as the attempt's provider takes it; absent: as the caller wrote it. */
  upstream?: UpstreamMessage | undefined
  /** Why the own key did not serve, once it failed. */
  fallbackClass?: ErrorClass | undefined
  /** How attempts are sent; absent: as HTTP requests. */
  send?: AttemptSender | undefined
  /** How an error is answered; absent: on `res`. */
  refuse?: ((answer: ErrorAnswer) => void) | undefined
  /** The call under way. */
  call?: UpstreamCall | undefined
  /** Ends the wait for room under spend caps; absent: it has not waited. */
  stopWaiting?: (() => void) | undefined
  callerGone = false
  /** Its place among the requests that the organization may have under way; absent: they are not limited. */
  orgPlace?: OrgPlace | undefined
  /** Its index in the roster of answers under way. */
  place = -1

  constructor(req: CallerRequest, res: CallerResponse, { setup, requestId }: Pick<Exchange, 'setup' | 'requestId'>) {
    this.req = req
    this.res = res
    this.setup = setup
    this.requestId = requestId
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    this.callerGone = true
    this.call?.abort()
    this.stopWaiting?.()
  }
}

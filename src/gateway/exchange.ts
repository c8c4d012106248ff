import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect, ErrorClass } from '../contract/index.ts'
import type { Decision } from '../policy/index.ts'
import type { Provider, Surface } from '../providers/index.ts'
import type { Caller } from './caller.ts'
import type { GatewaySetup } from './gateway-deps.ts'
import type { RequestBody } from './request-body.ts'
import type { RequestHead } from './request-head.ts'
import type { Target } from './target.ts'
import type { UpstreamCall } from './upstream-call.ts'

/** One request on its way through the gateway; filled step by step, in the order of the fields. */
export interface Exchange {
  req: IncomingMessage
  res: ServerResponse
  setup: GatewaySetup
  requestId: string
  /** In which shape errors are told. */
  dialect: Dialect
  target?: Target
  provider?: Provider
  surface?: Surface
  head?: RequestHead
  caller?: Caller
  body?: RequestBody
  /** As the caller wrote it. */
  model?: string | undefined
  decision?: Decision
  /** Characters that the provider bills, where it bills by the request's text. */
  characters?: number | undefined
  /** Why the own key did not serve, once it failed. */
  fallbackClass?: ErrorClass | undefined
  /** The call under way. */
  call?: UpstreamCall | undefined
  callerGone: boolean
}

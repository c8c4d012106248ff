import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type OwnkeyError, responseHeaders } from '../contract/index.ts'
import { createIdMaker } from '../lib/index.ts'
import { type Attempt, publicProviderId } from '../policy/index.ts'
import type { Failure, Provider } from '../providers/index.ts'
import { AnswerHeaderFilter } from './answer/answer-headers.ts'
import type { ErrorAnswer } from './answer/collect-failure.ts'
import { KeyHealth } from './attempt/key-health.ts'
import type { Outcome } from './attempt/outcome.ts'
import { createPreparedSecrets, type PreparedSecrets } from './attempt/prepared-secrets.ts'
import type { CallerRequest, CallerResponse } from './caller-messages.ts'
import { DecisionMemory } from './decision/decision-memory.ts'
import { Egress, type EgressLimits } from './egress/egress.ts'
import type { Lookup } from './egress/guarded-connect.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayDeps, GatewaySetup } from './gateway-deps.ts'
import { OpenAnswers } from './open-answers.ts'
import { OrgPlaces } from './org-places.ts'
import { Sessions, serveUpgrade } from './realtime/index.ts'
import { BodyWatch } from './request/body-watch.ts'
import { dialectAt, serve } from './serve.ts'
import { ownErrorAnswer } from './write-answer.ts'

/** The request path, and what it keeps from one request to the next: connections, decisions, the health of keys. */
export class Gateway {
  readonly deps: GatewayDeps
  readonly egress: Egress
  /** Turns keys that are documents (a service account's file) into the short-lived tokens that providers take. */
  readonly prepared: PreparedSecrets
  readonly memory = new DecisionMemory()
  readonly health: KeyHealth<Outcome>
  readonly watch: BodyWatch
  readonly sessions: Sessions
  readonly answers = new OpenAnswers()
  /** How many requests each organization has under way. */
  readonly orgPlaces = new OrgPlaces()
  readonly newRequestId: () => string
  readonly now: () => number
  /** Requests under way. */
  openRequests = 0
  /** By provider object: a reloaded configuration brings new ones, and the filters of the old ones go with them. */
  private readonly filters = new WeakMap<Provider, AnswerHeaderFilter>()
  private limitsOf: { setup: GatewaySetup; limits: EgressLimits } | undefined

  constructor(deps: GatewayDeps & { lookup: Lookup }) {
    this.deps = deps
    this.egress = new Egress({ limits: () => this.limits(), lookup: deps.lookup })
    this.now = deps.now ?? Date.now
    this.prepared = createPreparedSecrets({ egress: this.egress, setup: deps.setup, now: this.now })
    this.health = new KeyHealth(this.now)
    this.watch = new BodyWatch(() => deps.setup().config.gateway.bodyIdleSeconds * 1000)
    this.sessions = new Sessions(this)
    const newId = createIdMaker()
    this.newRequestId = () => `req_${newId()}`
  }

  handle(req: CallerRequest, res: CallerResponse): void {
    void serve(req, res, this)
  }

  /** A WebSocket handshake; the HTTP server has let go of its socket. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    void serveUpgrade({ req, socket: socket as Socket, head }, this)
  }

  /** The answer to what the HTTP server itself refuses (a malformed or too long head), in the dialect of the path. */
  refusalAt(url: string, error: OwnkeyError): ErrorAnswer {
    const requestId = this.newRequestId()
    const dialect = dialectAt(url, this.deps.setup())
    return ownErrorAnswer({ dialect, requestId }, error, [responseHeaders.requestId, requestId])
  }

  filterOf(provider: Provider): AnswerHeaderFilter {
    let filter = this.filters.get(provider)
    if (filter === undefined) {
      filter = new AnswerHeaderFilter(provider.answerHeaders)
      this.filters.set(provider, filter)
    }
    return filter
  }

  /** Ownkey's own headers of an answer (name, value, name, value …): whose key, which provider and model, and why. */
  ownHeaders(exchange: Required<Exchange>, attempt: Attempt, failure: Failure | undefined): string[] {
    const headers = [
      responseHeaders.requestId,
      exchange.requestId,
      responseHeaders.keySource,
      attempt.source,
      responseHeaders.provider,
      publicProviderId(exchange.setup.policy, attempt.provider),
    ]
    if (exchange.model !== undefined) headers.push(responseHeaders.model, headerSafe(exchange.model))
    if (exchange.fallbackClass !== undefined) headers.push(responseHeaders.fallback, exchange.fallbackClass)
    if (exchange.decision.attempts.length > 1 && !exchange.body.canReplay)
      headers.push(responseHeaders.fallbackUnavailable, 'body_too_large')
    if (failure !== undefined) headers.push(responseHeaders.error, failure.class)
    return headers
  }

  async close(): Promise<void> {
    this.watch.close()
    await this.sessions.close()
    this.egress.close()
  }

  private limits(): EgressLimits {
    const setup = this.deps.setup()
    if (this.limitsOf?.setup !== setup) {
      const { gateway } = setup.config
      this.limitsOf = {
        setup,
        limits: {
          connectTimeoutMs: gateway.connectTimeoutSeconds * 1000,
          firstByteTimeoutMs: gateway.firstByteTimeoutSeconds * 1000,
          idleTimeoutMs: gateway.idleTimeoutSeconds * 1000,
          privateHosts: gateway.privateHosts,
        },
      }
    }
    return this.limitsOf.limits
  }
}

const safe = /^[\x21-\x7e]{1,200}$/

/** A model's name comes from the caller's body, so what a header may not carry is replaced. */
function headerSafe(text: string): string {
  return safe.test(text) ? text : text.replace(/[^\x21-\x7e]/g, '?').slice(0, 200)
}

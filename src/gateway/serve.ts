import { type Dialect, OwnkeyError } from '../contract/index.ts'
import { counted } from '../lib/index.ts'
import type { Attempt } from '../policy/index.ts'
import type { Failure, Provider } from '../providers/index.ts'
import type { Tenant } from '../tenants/index.ts'
import { KeyChanged } from './attempt/open-attempt.ts'
import type { Outcome } from './attempt/outcome.ts'
import { tryAttempt } from './attempt/try-attempt.ts'
import { Turn } from './attempt/turn.ts'
import type { CallerRequest, CallerResponse } from './caller-messages.ts'
import { readAgain } from './decision/read-again.ts'
import { refusalError } from './decision/refusal-error.ts'
import { wordedByPolicy } from './decision/worded-by-policy.ts'
import { endWithError } from './end-with-error.ts'
import { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { GatewayDeps, GatewaySetup } from './gateway-deps.ts'
import { listModels } from './list-models.ts'
import {
  aimAt,
  describeDialect,
  inOpenaiShape,
  isOneDialect,
  readDialectBody,
  readRoute,
  turnBackTo,
} from './one-dialect.ts'
import { identifyCaller } from './request/caller.ts'
import { describeRequest, readEnough, surfaceOf } from './request/describe-request.ts'
import { dropRest } from './request/drop-rest.ts'
import { decideRepeat } from './request/repeat.ts'
import { RequestBody } from './request/request-body.ts'
import { type OpenPass, type RequestHead, readRequestHead } from './request/request-head.ts'
import { readTarget, type Target } from './request/target.ts'
import { writeOwnError, writeProviderError } from './write-answer.ts'

/** From socket to settlement: one request on a provider's own API, or in the one dialect. */
export async function serve(req: CallerRequest, res: CallerResponse, gateway: Gateway): Promise<void> {
  const exchange = newExchange(req, res, gateway)
  gateway.openRequests++
  gateway.answers.add(exchange)
  res.on('close', () => {
    gateway.openRequests--
    gateway.answers.delete(exchange)
    exchange.orgPlace?.release()
    leave(exchange)
  })
  try {
    readRequest(exchange, gateway)
    const caller = identifyCaller(exchange, gateway.deps.tenants)
    exchange.caller = caller instanceof Promise ? await caller : caller
    takeOrgPlace(exchange as Required<Exchange>, gateway)
    if (exchange.route === 'models') return listModels(exchange as Required<Exchange>, gateway)
    readBody(exchange, gateway)
    await (exchange.route === undefined ? readEnough : readDialectBody)(exchange as Required<Exchange>)
    await decideAndTry(exchange as Required<Exchange>, gateway)
  } catch (error) {
    endWithError(exchange, error, gateway)
  }
}

export function newExchange(req: CallerRequest, res: CallerResponse, gateway: Gateway): Exchange {
  return new Exchange(req, res, { setup: gateway.deps.setup(), requestId: gateway.newRequestId() })
}

/** @throws rate_limited when the organization has all under way that it may have */
function takeOrgPlace(exchange: Required<Exchange>, { orgPlaces }: Gateway): void {
  const limit = exchange.setup.config.gateway.maxRequestsPerOrg
  if (limit === undefined || exchange.callerGone) return
  const place = orgPlaces.take(exchange.caller.tenant.org, limit)
  if (place === undefined)
    throw new OwnkeyError('rate_limited', {
      detail: `This organization has ${counted(limit, 'request')} under way, and may have no more at once.`,
      fix: 'Send fewer requests at once, or try again when one has ended.',
      facts: { limit },
      retryAfterSeconds: 1,
    })
  exchange.orgPlace = place
}

/** The answer is over, or the caller's connection closed before it was. */
function leave(exchange: Exchange): void {
  const { req, res } = exchange
  if (!res.writableFinished) exchange.abandon()
  // The provider answered before it had read everything.
  else if (!req.complete) dropRest(exchange, () => void (req.complete || req.socket.destroy()))
}

/** Reads what the request is; the dialect first, so that every later error has its shape. */
function readRequest(exchange: Exchange, { deps }: Gateway): void {
  const { req } = exchange
  if (isOneDialect(req.url as string)) readRoute(exchange)
  else {
    const { target, provider } = readDestination(exchange)
    const surface = surfaceOf(provider.surfaces, req.method as string, target.path)
    exchange.surface = surface
    exchange.dialect = surface.dialect ?? exchange.dialect
  }
  const { query } = exchange.target as Target
  const head = readRequestHead(req.rawHeaders, query, openPassOf(exchange, deps))
  exchange.head = head
  if (head.requestId !== undefined) exchange.requestId = head.requestId
}

/** Only where a provider's answers tell addresses are there passes for them. */
function openPassOf({ provider, target }: Exchange, { passes }: GatewayDeps): OpenPass | undefined {
  if (provider?.answerAddresses === undefined) return undefined
  const path = `${provider.id}${(target as Target).rest.split('?', 1)[0]}`
  return (pass, query) => passes.open(pass, query === '' ? path : `${path}?${query}`)
}

/** Reads where a request goes: the provider, and the path behind it. @throws not_found, request_invalid */
export function readDestination(exchange: Exchange): { target: Target; provider: Provider } {
  const { req, setup } = exchange
  const target = readTarget(req.url as string)
  exchange.target = target
  const provider = providerAt(target.head, setup)
  if (provider === undefined)
    throw new OwnkeyError('not_found', {
      detail: 'No provider has this path.',
      fix: 'Begin the path with a provider’s id, such as /openai/v1/…, or use /v1/… for whichever provider the decision picks.',
    })
  exchange.provider = provider
  exchange.dialect = dialectOf(provider.dialect, target.path)
  if (req.method === 'TRACE')
    throw new OwnkeyError('request_invalid', { detail: 'TRACE is refused: it would echo credentials.' })
  return { target, provider }
}

function providerAt(head: string, setup: GatewaySetup): Provider | undefined {
  const id = setup.policy.names.get(head.toLowerCase())
  return id === undefined ? undefined : setup.provider(id)
}

/** The shape of an error about a request of which nothing but its address was read. */
export function dialectAt(url: string, setup: GatewaySetup): Dialect {
  const path = url.split('?', 1)[0] as string
  const provider = providerAt(path.split('/', 2)[1] as string, setup)
  return provider === undefined ? 'openai' : dialectOf(provider.dialect, path)
}

/** Makes the body readable. Called only once the caller is known: a stranger's body is never read. */
export function readBody(exchange: Exchange, { watch }: Gateway): void {
  const { req, head, setup } = exchange
  exchange.body = new RequestBody(req, head as RequestHead, { limits: setup.config.gateway, watch })
}

/** Some providers also have routes like OpenAI's (`/v1beta/openai/…`). OpenAI's SDKs call these, and expect its errors. */
function dialectOf(native: Dialect, path: string): Dialect {
  return path.includes('/openai/') ? 'openai' : native
}

export async function decideAndTry(exchange: Required<Exchange>, gateway: Gateway): Promise<void> {
  const request = (exchange.route === undefined ? describeRequest : describeDialect)(exchange)
  exchange.asked = request
  const { caller, setup } = exchange
  // When the chosen key was replaced or removed meanwhile, the request is decided again with the newest snapshot. Three
  // rounds, so that somebody who keeps changing keys cannot keep a request here for ever.
  for (let again = 0; again < 3; again++) {
    let decision = gateway.memory.decide(request, caller.tenant, setup.policy)
    exchange.decision = decision
    const repeat = exchange.head.requestId === undefined ? undefined : decideRepeat(exchange, request, gateway.deps)
    if (repeat !== undefined) decision = (await repeat) ?? decision
    exchange.decision = decision
    if (decision.refusal !== undefined) {
      if (again === 0 && (await readAgain(exchange, decision.refusal, gateway))) continue
      throw refusalError(decision.refusal, gateway.now())
    }
    try {
      return await firstThatAnswers(exchange, decision.attempts, gateway)
    } catch (error) {
      if (!(error instanceof KeyChanged))
        throw wordedByPolicy(error, { request, tenant: caller.tenant, policy: setup.policy })
      exchange.fallbackClass = undefined
      gateway.deps.tenants.forget(caller.tenant.org)
      caller.tenant = (await gateway.deps.tenants.get(caller.tenant.org)) as Tenant
      if (caller.tenant === undefined) throw new OwnkeyError('org_unknown')
    }
  }
  throw new OwnkeyError('unavailable', { detail: 'The key changed while the request was on its way.' })
}

/** Tries attempts in order until one answers, or one fails in a way after which no other may be made. */
async function firstThatAnswers(
  exchange: Required<Exchange>,
  attempts: readonly Attempt[],
  gateway: Gateway,
): Promise<void> {
  let failed: Failed | undefined
  for (let index = 0; index < attempts.length; index++) {
    const attempt = attempts[index] as Attempt
    const turn = new Turn(exchange, { attempt, index, next: attempts[index + 1] })
    let outcome: Outcome
    try {
      if (exchange.route !== undefined) aimAt(exchange, attempt)
      outcome = await tryAttempt(exchange, turn, gateway)
    } catch (error) {
      // There is no credit for the fallback, or its provider cannot do what is asked. The caller then gets the own key's
      // error, which is what has to be mended.
      if (failed === undefined || !isNoFallback(error)) throw error
      exchange.fallbackClass = undefined
      return answerFailure(exchange, failed, gateway)
    }
    if (outcome.relayed || exchange.callerGone) return
    failed = { attempt, outcome }
    if (!turn.mayFallBack(outcome.failure as Failure)) return answerFailure(exchange, failed, gateway)
    exchange.fallbackClass ??= (outcome.failure as Failure).class
  }
}

interface Failed {
  attempt: Attempt
  outcome: Outcome
}

/** Errors that mean: this fallback cannot happen. Any other error ends the request as it is. */
const noFallback: ReadonlySet<string> = new Set([
  'credits_exhausted',
  'quota_exceeded',
  'spend_cap_reached',
  'request_invalid',
  'model_refused',
])

function isNoFallback(error: unknown): boolean {
  return error instanceof OwnkeyError && noFallback.has(error.code)
}

/** Answers with the failure of the last attempt: the provider's own error, or ours where it never answered. */
function answerFailure(exchange: Required<Exchange>, { attempt, outcome }: Failed, gateway: Gateway): void {
  const { error, answer, failure } = outcome
  if (exchange.route !== undefined) turnBackTo(exchange, attempt)
  const headers = gateway.ownHeaders(exchange, attempt, error === undefined ? failure : undefined)
  if (error !== undefined) writeOwnError(exchange, error, headers)
  else {
    const said = answer as NonNullable<typeof answer>
    const told = exchange.route === undefined ? said : inOpenaiShape(exchange, said, failure as Failure)
    writeProviderError(exchange, told, headers)
  }
}

import { OwnkeyError } from '../contract/index.ts'
import {
  type DialectCall,
  readFields,
  toOpenaiError,
  translateRequest,
  type UpstreamMessage,
} from '../dialect/index.ts'
import { type Attempt, type DecisionRequest, mayUse, modelRefusal, requestedModel } from '../policy/index.ts'
import {
  type Failure,
  noModel,
  type OpenaiRoute,
  openaiRoutes,
  type Provider,
  routeCapabilities,
} from '../providers/index.ts'
import type { ErrorAnswer } from './answer/collect-failure.ts'
import { refusalError } from './decision/refusal-error.ts'
import type { Exchange } from './exchange.ts'
import { surfaceOf } from './request/describe-request.ts'
import { findNamedModels } from './request/find-named-models.ts'
import { firstHeader } from './request/first-header.ts'
import { readTarget } from './request/target.ts'

/** Whether a path is of the one dialect, `/v1/…`. OpenAI's base URL ends so, and no provider can have this name. */
export function isOneDialect(url: string): boolean {
  return url.startsWith('/v1') && (url.length === 3 || url[3] === '/' || url[3] === '?')
}

/** Reads which route of the one dialect is called. @throws not_found, method_not_allowed, request_invalid */
export function readRoute(exchange: Exchange): void {
  const target = readTarget(exchange.req.url as string)
  exchange.target = target
  const { path } = target
  const route = openaiRoutes.find((one) => path === `/${one}` || (one === 'models' && path.startsWith('/models/')))
  if (route === undefined) {
    throw new OwnkeyError('not_found', {
      detail: 'There is no such route for whichever provider the decision picks.',
      fix: `Use /v1/${openaiRoutes.join(', /v1/')}, or begin the path with a provider’s id, such as /openai/v1/….`,
    })
  }
  const isRead = exchange.req.method === 'GET' || exchange.req.method === 'HEAD'
  if (route === 'models' ? !isRead : exchange.req.method !== 'POST')
    throw new OwnkeyError('method_not_allowed', { fix: `Use ${route === 'models' ? 'GET' : 'POST'}.` })
  exchange.route = route
}

/** Waits for the whole body, because the whole is translated. @throws body_too_large */
export async function readDialectBody({ body, setup }: Required<Exchange>): Promise<void> {
  const limit = setup.config.gateway.inspectBytes
  await body.readAhead(limit)
  if (body.isComplete) return
  throw new OwnkeyError('body_too_large', {
    detail: `A request that is translated may have ${limit} bytes.`,
    fix: 'Send a smaller body, or call a provider by its own API.',
    facts: { limit },
  })
}

/** What is to be decided about a request in the one dialect: a named model goes to its provider, `auto` to the decision's. */
export function describeDialect(exchange: Required<Exchange>): DecisionRequest {
  const { caller, setup } = exchange
  const { policy } = setup
  const { model: named, input } = readFields(callOf(exchange))
  const asked = requestedModel(named, policy, { plan: caller.tenant.plan, feature: caller.feature })
  exchange.characters = input === undefined ? undefined : [...input].length
  return {
    feature: caller.feature,
    user: caller.user,
    environment: caller.environment,
    capability: routeCapabilities[exchange.route as OpenaiRoute],
    ...asked,
  }
}

function callOf({ route, head, body }: Required<Exchange>): DialectCall {
  return { route: route as OpenaiRoute, contentType: head.contentType, body: body.joined }
}

/**
 * Points the exchange at one attempt: sets its provider, its model and the translated request.
 * @throws request_invalid, naming what the provider cannot do; model_refused. The exchange is then unchanged.
 */
export function aimAt(exchange: Required<Exchange>, attempt: Attempt): void {
  const provider = providerOf(exchange, attempt)
  const { model } = attempt
  if (model === undefined) {
    throw new OwnkeyError('request_invalid', {
      ...noModel(provider),
      facts: { field: 'model', param: 'model' },
    })
  }
  const created = Math.floor(Date.now() / 1000)
  const message = translateRequest(callOf(exchange), { provider, model, created })
  checkModels(exchange, attempt, message)
  const question = message.path.indexOf('?')
  const path = question === -1 ? message.path : message.path.slice(0, question)
  exchange.provider = provider
  exchange.model = model
  exchange.surface = surfaceOf(provider.surfaces, 'POST', path)
  exchange.upstream = { ...message, headers: headersOf(exchange, message) }
}

/** Checks the models that the translated request names. Fields beyond OpenAI's are passed on, and can name more models. */
function checkModels(
  { caller, setup }: Required<Exchange>,
  attempt: Attempt,
  { body, contentType }: UpstreamMessage,
): void {
  const provider = setup.policy.providers.get(attempt.provider)
  const plan = setup.policy.plans.get(caller.tenant.plan)
  if (!provider?.rules.dependsOnModel || plan === undefined || contentType !== 'application/json') return
  const own = attempt.source !== 'platform'
  const refused = findNamedModels(body, 'model').find((model) => !mayUse({ plan }, { provider, model, own }))
  if (refused !== undefined) throw refusalError(modelRefusal(provider, refused), Date.now())
}

/** The caller's headers are meant for OpenAI, so none but its user agent goes up. The answer must come uncompressed. */
function headersOf(
  { req }: Exchange,
  { contentType, headers }: { contentType: string; headers: readonly string[] },
): readonly string[] {
  const agent = firstHeader(req.rawHeaders, 'user-agent')
  return [
    'content-type',
    contentType,
    'accept',
    '*/*',
    'accept-encoding',
    'identity',
    ...(agent === undefined ? [] : ['user-agent', agent]),
    ...headers,
  ]
}

function providerOf({ setup }: Exchange, attempt: Attempt): Provider {
  const provider = setup.provider(attempt.provider)
  if (provider === undefined) throw new OwnkeyError('provider_unknown')
  return provider
}

/** Points the exchange back at the attempt that failed, whose error is the answer. */
export function turnBackTo(exchange: Required<Exchange>, attempt: Attempt): void {
  exchange.provider = providerOf(exchange, attempt)
  exchange.model = attempt.model
}

/** A provider's error in OpenAI's shape: its status, its sentence, its waiting time. */
export function inOpenaiShape({ provider }: Required<Exchange>, answer: ErrorAnswer, failure: Failure): ErrorAnswer {
  const headers: string[] = []
  let contentType = ''
  for (let i = 0; i < answer.headers.length; i += 2) {
    const name = answer.headers[i] as string
    if (name === 'content-type') contentType = answer.headers[i + 1] as string
    else if (name !== 'content-length') headers.push(name, answer.headers[i + 1] as string)
  }
  const { status, body } = toOpenaiError({ ...answer, contentType, failure, provider })
  const { retryAfterMs } = failure
  // Some tell it in the body, where OpenAI's SDK does not look.
  if (retryAfterMs !== undefined && !headers.some((name) => name === 'retry-after' || name === 'retry-after-ms'))
    headers.push('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  headers.push('content-type', 'application/json', 'content-length', String(body.length))
  return { status, headers, body }
}
